import type { Provider } from './provider.ts'

export const auth0 = {
  id: 'auth0',
  displayName: 'Auth0',
  checkedOn: '2026-11-20',
  docs: [
    'https://auth0.com/docs/customize/log-streams/custom-log-streams',
    'https://auth0.com/docs/customize/events',
  ],
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
} as const satisfies Provider
