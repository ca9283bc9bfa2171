import type { ErrorDeclaration } from './api.ts'

/** How Slack's Web API says that something failed: in a 200, nearly always. */
export const slackErrors = {
  always: 'json',
  code: [{ pointer: '/error' }],
  message: [{ pointer: '/response_metadata/messages/0' }, { pointer: '/needed' }],
  inside: [{ pointer: '/ok', equals: false }],
  rules: [
    { means: 'expired', code: ['token_expired'] },
    {
      means: 'revoked',
      code: ['invalid_auth', 'not_authed', 'token_revoked', 'account_inactive', 'user_removed_from_team'],
    },
    { means: 'throttled', code: ['ratelimited', 'rate_limited'] },
    {
      means: 'unavailable',
      code: ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'],
    },
    {
      means: 'forbidden',
      code: [
        'missing_scope',
        'no_permission',
        'access_denied',
        'accesslimited',
        'not_allowed_token_type',
        'ekm_access_denied',
        'enterprise_is_restricted',
        'org_login_required',
        'restricted_action',
        'not_in_channel',
      ],
    },
    { means: 'stale-cursor', code: ['invalid_cursor'] },
    {
      means: 'missing',
      code: [
        'channel_not_found',
        'message_not_found',
        'user_not_found',
        'users_not_found',
        'thread_not_found',
      ],
    },
  ],
} as const satisfies ErrorDeclaration
