import type { Provider } from './provider.ts'

/** A service account with domain-wide delegation: it stands for the user that a connect link names. */
export const googleWorkspace = {
  id: 'google-workspace',
  displayName: 'Google Workspace',
  checkedOn: '2026-11-21',
  docs: ['https://developers.google.com/identity/protocols/oauth2/service-account#delegatingauthority'],
  auth: {
    kind: 'delegated-jwt',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    clientAuth: 'none',
    // A link says them; each must be among those that the domain's administrator allowed.
    scopes: { separator: ' ', default: [] },
    defaultLifetimeSeconds: 3_600,
    // `invalid_grant` is also what a wrong key gets, which is nothing that the user can mend.
    lost: {
      errors: ['unauthorized_client'],
      descriptions: ['Invalid email or User ID', 'Account has been deleted'],
    },
  },
} as const satisfies Provider
