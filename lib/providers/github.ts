import type { Provider } from './provider.ts'

export const github = {
  id: 'github',
  displayName: 'GitHub',
  checkedOn: '2026-11-20',
  docs: [
    'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    'https://docs.github.com/en/webhooks/webhook-events-and-payloads',
  ],
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'utf8' },
      signature: {
        header: 'x-hub-signature-256',
        encoding: 'hex',
        format: { kind: 'plain', prefix: 'sha256=' },
      },
      signed: ['{body}'],
    },
    body: 'json-or-form',
    // Nothing in the signed bytes names the delivery, and its header is not signed: the body is its identity.
    deliveryKey: [],
    unsignedId: 'x-github-delivery',
    eventType: [
      [{ header: 'x-github-event' }, { pointer: '/action' }],
      [{ header: 'x-github-event' }, { form: 'payload', pointer: '/action' }],
      [{ header: 'x-github-event' }],
    ],
    externalId: [{ pointer: '/installation/id' }, { form: 'payload', pointer: '/installation/id' }],
    keepHeaders: ['x-github-event', 'x-github-delivery', 'x-github-hook-id'],
    redact: ['/sender/email', '/pusher/email', '/commits/*/author/email', '/commits/*/committer/email'],
  },
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://github.com/login/oauth/authorize',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    // This token alone: `/grant` would end what the user has with other tenants.
    revokeUrl: 'https://api.github.com/applications/{client_id}/token',
    revocation: { method: 'DELETE', who: 'client', fields: { access_token: 'access_token' } },
    clientAuth: 'body',
    pkce: true,
    scopes: {
      separator: ' ',
      default: ['repo'],
      // https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#normalized-scopes
      within: {
        repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
        user: ['read:user', 'user:email', 'user:follow'],
        'admin:org': ['write:org', 'read:org'],
        'write:org': ['read:org'],
        'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
        'write:repo_hook': ['read:repo_hook'],
      },
    },
    // An App's user tokens; those of an OAuth app do not expire.
    rotation: { kind: 'single-use' },
    account: { url: 'https://api.github.com/user', pointer: '/id' },
  },
  // A personal access token.
  keys: [{ headers: { authorization: 'Bearer {token}' } }],
} as const satisfies Provider
