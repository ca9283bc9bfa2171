import { auth0Polls } from './auth0-polls.ts'
import type { Provider } from './provider.ts'

export const auth0 = {
  id: 'auth0',
  displayName: 'Auth0',
  checkedOn: '2026-11-20',
  docs: [
    'https://auth0.com/docs/customize/log-streams/custom-log-streams',
    'https://auth0.com/docs/customize/events',
    'https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://{domain}/api/v2',
    errors: {
      always: 'json',
      code: [{ pointer: '/errorCode' }, { pattern: '^([a-z_]+)$', at: '/error' }],
      message: [{ pointer: '/message' }, { pointer: '/error_description' }],
      rules: [
        { means: 'throttled', code: ['too_many_requests'] },
        // The authorization server's way to say it.
        { means: 'throttled', message: 'global limit has been reached' },
        { means: 'forbidden', code: ['insufficient_scope', 'operation_not_supported'] },
        { means: 'revoked', code: ['invalid_grant', 'invalid_client', 'unauthorized_client'] },
        { means: 'missing', code: ['inexistent_user', 'inexistent_connection', 'inexistent_client'] },
      ],
      // What exists already is no older version.
      statuses: { 409: 'invalid' },
    },
    // A free tenant's Management API; others say theirs in every answer.
    limits: [{ scope: 'connection', limit: 2, windowMs: 1_000, burst: 10 }],
    rateHeaders: [
      {
        limit: 'x-ratelimit-limit',
        remaining: 'x-ratelimit-remaining',
        reset: { header: 'x-ratelimit-reset', unit: 'epoch-s' },
      },
    ],
    requestId: [{ header: 'x-auth0-requestid' }],
    pages: {
      default: { kind: 'page', page: 'page', first: 0, items: '', size: 'per_page', max: 100 },
      logs: { kind: 'keyset', after: 'from', id: '/log_id', items: '', size: 'take', max: 100 },
      checkpoints: { kind: 'cursor', cursor: 'from', next: '/next', items: '/users', size: 'take', max: 100 },
    },
  },
  webhooks: {
    // A log stream sends the configured value as it is; an event stream with a token sends `Bearer` and the token.
    scheme: {
      kind: 'any',
      of: [
        { kind: 'token', header: 'authorization' },
        { kind: 'token', header: 'authorization', prefix: 'Bearer ' },
        { kind: 'basic' },
      ],
    },
    // A log stream sends JSON, or a JSON value on each line.
    body: 'raw',
    deliveryKey: [{ pointer: '/id' }, { pointer: '/log_id' }],
    eventType: [[{ pointer: '/type' }], [{ pointer: '/data/type' }]],
    eventTime: [{ pointer: '/time', unit: 'iso' }],
    // A log stream sends JSON lines, an array or an object, as it is set up; an event stream one event.
    batches: [
      {
        elements: '/*',
        deliveryKey: [{ pointer: '/log_id' }, { pointer: '/id' }],
        eventType: [[{ pointer: '/data/type' }], [{ pointer: '/type' }]],
        eventTime: [{ pointer: '/data/date', unit: 'iso' }],
      },
      {
        elements: 'lines',
        deliveryKey: [{ pointer: '/log_id' }, { pointer: '/id' }],
        eventType: [[{ pointer: '/data/type' }], [{ pointer: '/type' }]],
        eventTime: [{ pointer: '/data/date', unit: 'iso' }],
      },
    ],
    redact: ['/data/user_name', '/data/ip', '/data/details', '/data/object/email', '/data/object/name'],
  },
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://{domain}/authorize',
    tokenUrl: 'https://{domain}/oauth/token',
    revokeUrl: 'https://{domain}/oauth/revoke',
    clientAuth: 'body',
    // https://auth0.com/docs/get-started/authentication-and-authorization-flow/authenticate-with-private-key-jwt
    clientAssertion: { audience: 'https://{domain}/' },
    pkce: true,
    scopes: { separator: ' ', default: ['openid', 'offline_access'] },
    // The API that tokens are for; without it they open nothing but the user's profile.
    authorizeParams: { audience: '{audience}' },
    rotation: { kind: 'rotating' },
    defaultLifetimeSeconds: 86_400,
    account: { claim: 'sub' },
  },
  appAuth: {
    kind: 'client-credentials',
    tokenUrl: 'https://{domain}/oauth/token',
    clientAuth: 'body',
    clientAssertion: { audience: 'https://{domain}/' },
    params: { audience: '{audience}' },
    defaultLifetimeSeconds: 86_400,
  },
  polls: auth0Polls,
} as const satisfies Provider
