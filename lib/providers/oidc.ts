import type { Provider } from './provider.ts'

export const oidc = {
  id: 'oidc',
  displayName: 'OpenID Connect',
  checkedOn: '2026-11-21',
  docs: ['https://openid.net/specs/openid-connect-discovery-1_0.html'],
  // The operator's own: OIDC_ISSUER says which, and its metadata where.
  auth: {
    kind: 'oauth2-code',
    authorizeUrl: '{authorization_endpoint}',
    tokenUrl: '{token_endpoint}',
    discovery: { issuer: '{issuer}' },
    clientAuth: 'basic',
    // With a key it signs, for the token endpoint as most servers want it.
    clientAssertion: {},
    pkce: true,
    scopes: { separator: ' ', default: ['openid', 'offline_access'] },
    rotation: { kind: 'rotating' },
    defaultLifetimeSeconds: 3_600,
    account: { claim: 'sub' },
  },
} as const satisfies Provider
