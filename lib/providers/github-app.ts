import type { Provider } from './provider.ts'

/** A GitHub App as itself: an account is one of its installations. Webhooks of an App come to `github`. */
export const githubApp = {
  id: 'github-app',
  displayName: 'GitHub App',
  checkedOn: '2026-11-21',
  docs: [
    'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app',
    'https://docs.github.com/en/apps/creating-github-apps/registering-a-github-app/about-the-setup-url',
  ],
  auth: {
    kind: 'oauth2-code',
    // With "Request user authorization (OAuth) during installation" it comes back with a code beside the installation.
    authorizeUrl: 'https://github.com/apps/{slug}/installations/new',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    revokeUrl: 'https://api.github.com/installation/token',
    revocation: { method: 'DELETE', who: 'bearer', fields: {} },
    clientAuth: 'body',
    pkce: false,
    // What an App may do is in its registration.
    scopes: { separator: ' ', default: [] },
    rotation: { kind: 'none' },
    account: { query: 'installation_id' },
    installation: {
      tokenUrl: 'https://api.github.com/app/installations/{account}/access_tokens',
      proof: {
        url: 'https://api.github.com/user/installations?per_page=100',
        items: '/installations',
        pointer: '/id',
        revokeUrl: 'https://api.github.com/applications/{client_id}/token',
        revocation: { method: 'DELETE', who: 'client', fields: { access_token: 'access_token' } },
      },
    },
  },
} as const satisfies Provider
