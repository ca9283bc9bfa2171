import type { Provider } from './provider.ts'
import { sandboxPolls } from './sandbox-polls.ts'

/** The local stack's own provider. Its addresses come from the environment: no deployment has them. */
export const sandbox = {
  id: 'sandbox',
  displayName: 'Sandbox',
  checkedOn: '2026-11-21',
  docs: [
    'https://www.rfc-editor.org/rfc/rfc6749',
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  ],
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: 'https://sandbox.invalid/auth',
    tokenUrl: 'https://sandbox.invalid/token',
    revokeUrl: 'https://sandbox.invalid/token/revocation',
    clientAuth: 'basic',
    pkce: true,
    scopes: { separator: ' ', default: ['openid', 'offline_access'] },
    authorizeParams: { prompt: 'consent' },
    rotation: { kind: 'single-use' },
    account: { claim: 'sub' },
  },
  // `/me` says whose token it is, `/changes` what has changed in that account.
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://sandbox.invalid',
    errors: { code: [{ pointer: '/error' }], message: [{ pointer: '/error_description' }] },
    pages: {
      default: {
        kind: 'keyset',
        items: '/changes',
        after: 'after',
        id: '/id',
        hasMore: '/has_more',
        size: 'limit',
        max: 100,
      },
    },
  },
  webhooks: {
    scheme: {
      kind: 'hmac',
      algorithm: 'sha256',
      key: { encoding: 'base64', prefix: 'whsec_' },
      signature: {
        header: 'webhook-signature',
        encoding: 'base64',
        format: { kind: 'list', separator: ' ', prefix: 'v1,' },
      },
      id: { header: 'webhook-id' },
      timestamp: { header: 'webhook-timestamp', unit: 's' },
      signed: ['{id}', '.', '{timestamp}', '.', '{body}'],
    },
    body: 'json',
    deliveryKey: [{ header: 'webhook-id' }],
    // The change's own: the feed has it too.
    changeKey: [{ pointer: '/id' }],
    eventType: [[{ pointer: '/type' }]],
    eventTime: [{ pointer: '/changed_at', unit: 'iso' }],
    externalId: [{ pointer: '/account' }],
    keepHeaders: ['webhook-id'],
  },
  polls: sandboxPolls,
} as const satisfies Provider
