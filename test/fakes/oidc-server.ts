import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK } from 'jose'
import Provider, { type AdapterPayload } from 'oidc-provider'
import { signingKey } from './issuer.ts'

export interface OidcServer {
  readonly issuer: string
  close(): Promise<void>
}

/** What the server says of a person beside their name. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A certified identity provider where each of `people` may sign in by their name, for a console at `consoleUrl`. */
export async function startOidcServer(
  clientId: string,
  consoleUrl: string,
  people: People,
): Promise<OidcServer> {
  const key = await signingKey('ES256', 'real')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    adapter: inMemory(),
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${consoleUrl}/console/callback`],
        post_logout_redirect_uris: [`${consoleUrl}/console/signed-out`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        application_type: 'native',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(key.privateKey)), kid: key.kid, alg: key.alg, use: 'sig' }] },
    cookies: { keys: ['of-the-test'] },
    claims: { openid: ['sub', 'roles', 'tenants'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    ttl: { IdToken: 600, AccessToken: 600, Grant: 600, Session: 600, Interaction: 600 },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  })
  server.on('request', provider.callback())
  return {
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One store for each kind of record, for one server. */
function inMemory() {
  const stores = new Map<string, Map<string, AdapterPayload>>()
  return (name: string) => {
    const store = stores.get(name) ?? new Map<string, AdapterPayload>()
    stores.set(name, store)
    const findBy = (field: 'uid' | 'userCode', value: string) =>
      [...store.values()].find((payload) => payload[field] === value)
    return {
      upsert: async (id: string, payload: AdapterPayload) => void store.set(id, payload),
      find: async (id: string) => store.get(id),
      findByUid: async (uid: string) => findBy('uid', uid),
      findByUserCode: async (code: string) => findBy('userCode', code),
      consume: async (id: string) => void store.set(id, { ...store.get(id), consumed: 1 }),
      destroy: async (id: string) => void store.delete(id),
      revokeByGrantId: async (grantId: string) => {
        for (const [id, payload] of store) if (payload.grantId === grantId) store.delete(id)
      },
    }
  }
}
