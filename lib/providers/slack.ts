import { slackErrors } from './slack-answers.ts'
import { slackPolls } from './slack-polls.ts'
import type { Provider } from './provider.ts'

export const slack = {
  id: 'slack',
  displayName: 'Slack',
  checkedOn: '2026-11-20',
  docs: [
    'https://docs.slack.dev/authentication/verifying-requests-from-slack',
    'https://docs.slack.dev/apis/events-api',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://slack.com/api',
    // Where files are put and fetched; those addresses are not counted.
    otherBaseUrls: { files: 'https://files.slack.com' },
    errors: slackErrors,
    // Tier 3; an app that is sold outside the Marketplace reads histories once a minute, 15 messages at a time.
    limits: [
      { scope: 'connection', each: 'path', path: String.raw`^/[\w.]+$`, limit: 50, windowMs: 60_000 },
      { scope: 'connection', path: String.raw`/chat\.postMessage$`, limit: 1, windowMs: 1_000, burst: 5 },
    ],
    requestId: [{ header: 'x-slack-req-id' }],
    // The SDK calls everything by POST.
    reads: String.raw`/(?:[\w.]+\.(?:list|info|history|replies|members|test|get|getPermalink|getPresence|lookupByEmail)|users\.conversations|search\.\w+)$`,
    pages: {
      default: {
        kind: 'cursor',
        cursor: 'cursor',
        next: '/response_metadata/next_cursor',
        items: '/channels',
        size: 'limit',
        max: 1_000,
      },
    },
    lists: { messages: '/messages', members: '/members', files: '/files' },
  },
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: {
        header: 'x-slack-signature',
        encoding: 'hex',
        format: { kind: 'plain', prefix: 'v0=' },
      },
      timestamp: { header: 'x-slack-request-timestamp', unit: 's' },
      signed: ['v0:', '{timestamp}', ':', '{body}'],
    },
    body: 'json-or-form',
    handshake: { when: { pointer: '/type', equals: 'url_verification' }, echo: '/challenge' },
    ack: { status: 200, body: 'empty' },
    deliveryKey: [
      { pointer: '/event_id' },
      { form: 'trigger_id' },
      { form: 'payload', pointer: '/trigger_id' },
    ],
    changeKey: [
      [
        { pointer: '/event/type' },
        { pointer: '/event/subtype' },
        { pointer: '/event/channel' },
        { pointer: '/event/ts' },
      ],
      [{ pointer: '/event/type' }, { pointer: '/event/channel' }, { pointer: '/event/ts' }],
    ],
    eventType: [
      [{ pointer: '/event/type' }],
      [{ pointer: '/type' }],
      [{ form: 'payload', pointer: '/type' }],
      [{ form: 'command' }],
    ],
    eventTime: [{ pointer: '/event_time', unit: 's' }],
    externalId: [{ pointer: '/team_id' }, { form: 'team_id' }, { form: 'payload', pointer: '/team/id' }],
    keepHeaders: ['x-slack-retry-num', 'x-slack-retry-reason'],
    redact: ['/token', '/event/text', '/event/blocks', '/event/user_profile'],
  },
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://slack.com/oauth/v2/authorize',
    tokenUrl: 'https://slack.com/api/oauth.v2.access',
    revokeUrl: 'https://slack.com/api/auth.revoke',
    revocation: { method: 'POST', who: 'token', fields: { token: 'access_token' } },
    clientAuth: 'body',
    pkce: false,
    scopes: { separator: ',', default: ['chat:write', 'channels:history'] },
    rotation: { kind: 'single-use' },
    tokenTypes: ['bot', 'user'],
    // Installed on a whole organization it has no team.
    account: {
      pointer: '/team/id',
      instead: { when: '/is_enterprise_install', pointer: '/enterprise/id' },
    },
    second: {
      at: '/authed_user',
      user: '/authed_user/id',
      scopes: { prefix: 'user:', parameter: 'user_scope' },
    },
    extras: { bot_user_id: '/bot_user_id', enterprise: '/enterprise/id' },
  },
  // The token of an app that is in one workspace alone.
  keys: [{ headers: { authorization: 'Bearer {token}' } }],
  polls: slackPolls,
} as const satisfies Provider
