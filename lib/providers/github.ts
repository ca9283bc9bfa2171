import { githubPolls } from './github-polls.ts'
import { githubKeeper } from './keepers.ts'
import type { Provider } from './provider.ts'

export const github = {
  id: 'github',
  displayName: 'GitHub',
  checkedOn: '2026-11-20',
  docs: [
    'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    'https://docs.github.com/en/webhooks/webhook-events-and-payloads',
    'https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.github.com',
    otherBaseUrls: { upload: 'https://uploads.github.com' },
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      // Without one GitHub answers 403.
      'user-agent': 'sluice',
    },
    errors: {
      code: [{ pointer: '/errors/*/type' }, { pointer: '/errors/*/code' }],
      message: [{ pointer: '/message' }, { pointer: '/errors/0/message' }],
      // GraphQL: an answer with data is its reader's, unless it was throttled.
      inside: [
        { pointer: '/errors/*/type', equals: 'RATE_LIMITED' },
        { pointer: '/errors/0/locations', unless: { pointer: '/data' } },
      ],
      rules: [
        { means: 'throttled', status: [403, 429], header: { name: 'retry-after' } },
        { means: 'throttled', status: [403, 429], header: { name: 'x-ratelimit-remaining', equals: '0' } },
        {
          means: 'throttled',
          status: [403, 429],
          message: 'secondary rate limit|abuse detection|rate limit exceeded',
          waitMs: 60_000,
        },
        { means: 'throttled', code: ['RATE_LIMITED'] },
        { means: 'missing', code: ['NOT_FOUND'] },
        { means: 'forbidden', code: ['FORBIDDEN', 'INSUFFICIENT_SCOPES'] },
      ],
      throttleWaitMs: 60_000,
    },
    limits: [
      { scope: 'connection', limit: 5_000, windowMs: 3_600_000 },
      { scope: 'connection', path: '^/search/', limit: 30, windowMs: 60_000 },
      {
        scope: 'connection',
        path: '^/(?!graphql$)',
        methods: ['POST', 'PATCH', 'PUT', 'DELETE'],
        limit: 1,
        windowMs: 1_000,
      },
    ],
    rateHeaders: [
      {
        limit: 'x-ratelimit-limit',
        remaining: 'x-ratelimit-remaining',
        reset: { header: 'x-ratelimit-reset', unit: 'epoch-s' },
        resource: 'x-ratelimit-resource',
      },
    ],
    requestId: [{ header: 'x-github-request-id' }],
    pages: {
      default: { kind: 'link', items: '', size: 'per_page', max: 100 },
      search: { kind: 'link', items: '/items', size: 'per_page', max: 100 },
    },
  },
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
  polls: githubPolls,
  keeper: githubKeeper,
} as const satisfies Provider
