import type { Provider } from './provider.ts'

export const sandbox = {
  id: 'sandbox',
  displayName: 'Sandbox',
  checkedOn: '2026-11-21',
  docs: ['https://www.rfc-editor.org/rfc/rfc6749'],
  // The local stack's own authorization server: its addresses come from the environment.
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
  // `/me` says whose token it is. Its address comes from the environment too.
  api: { checkedOn: '2026-11-21', baseUrl: 'https://sandbox.invalid' },
} as const satisfies Provider
