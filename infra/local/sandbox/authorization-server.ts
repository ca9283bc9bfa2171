import { generateKeyPairSync, randomBytes } from 'node:crypto'
import Provider, { type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider'
import type { State } from '../services/state.ts'

/** A real OAuth server in which anyone may sign in by any name. */
export interface AuthorizationServer {
  readonly clientId: string
  readonly clientSecret: string
  readonly answer: ReturnType<Provider['callback']>
  /** By whose name the one signed in who was given this access token; `undefined` for one that is not good, or not any more. */
  readonly accountOf: (token: string) => Promise<string | undefined>
  /** Names that have let the client in, in alphabetical order. */
  readonly accounts: () => readonly string[]
}

const space = 'sandbox'

/** What the server must find again after a restart: its keys and its client's secret. */
interface Identity {
  readonly clientSecret: string
  readonly cookieKey: string
  readonly jwk: object
}

function identityOf(state: State): Identity {
  const known = state.get(space, 'identity') as Identity | undefined
  if (known) return known
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const made = {
    clientSecret: randomBytes(24).toString('hex'),
    cookieKey: randomBytes(24).toString('hex'),
    jwk: { ...privateKey.export({ format: 'jwk' }), kid: 'sandbox', use: 'sig' },
  }
  state.put(space, 'identity', made)
  return made
}

/**
 * PKCE, refresh tokens that rotate, and a grant that is revoked when one of them is used twice (oidc-provider). What it gives out
 * survives `kill -9`.
 * @param options `url`: its own address
 */
export function authorizationServer(
  state: State,
  options: { readonly url: string; readonly redirectUri: string; readonly tokenSeconds: number },
): AuthorizationServer {
  const { clientSecret, cookieKey, jwk } = identityOf(state)
  const clientId = 'sluice-sandbox'
  const configuration: Configuration = {
    adapter: (name: string) => adapterFor(name, state),
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [options.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: [cookieKey] },
    scopes: ['openid', 'offline_access'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: { revocation: { enabled: true }, devInteractions: { enabled: true } },
    ttl: { AccessToken: options.tokenSeconds, IdToken: 3_600, RefreshToken: 86_400 * 30, Grant: 86_400 * 30 },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  }
  const provider = new Provider(options.url, configuration)
  return {
    clientId,
    clientSecret,
    answer: provider.callback(),
    accountOf: async (token) => {
      const found = await provider.AccessToken.find(token)
      return found?.isValid && found.clientId === clientId ? found.accountId : undefined
    },
    accounts: () => {
      const grants = state.list(`${space}:Grant`).map(({ value }) => (value as AdapterPayload).accountId)
      return [...new Set(grants)].filter((account) => account !== undefined).toSorted()
    },
  }
}

/** One kind of the server's records, in the stack's own store. */
function adapterFor(name: string, state: State): Adapter {
  const own = `${space}:${name}`
  const find = (id: string) => state.get(own, id) as AdapterPayload | undefined
  const findBy = (field: 'uid' | 'userCode', value: string) =>
    state.list(own).find((entry) => (entry.value as AdapterPayload)[field] === value)?.value as
      | AdapterPayload
      | undefined
  return {
    upsert: async (id, payload) => state.put(own, id, payload),
    find: async (id) => find(id),
    findByUid: async (uid) => findBy('uid', uid),
    findByUserCode: async (code) => findBy('userCode', code),
    consume: async (id) => state.put(own, id, { ...find(id), consumed: Math.floor(Date.now() / 1_000) }),
    destroy: async (id) => state.delete(own, id),
    revokeByGrantId: async (grantId) => {
      for (const { key, value } of state.list(own)) {
        if ((value as AdapterPayload).grantId === grantId) state.delete(own, key)
      }
    },
  }
}
