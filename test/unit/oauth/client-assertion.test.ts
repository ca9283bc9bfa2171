import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { jwtVerify } from 'jose'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appGrant } from '#lib/oauth/app-grants.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { appGrantOf, connectGrantOf } from '#lib/oauth/grant-of.ts'
import { exchangeCode, refreshGrant } from '#lib/oauth/grants.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { seededRandom, systemRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { OAuthCode } from '#lib/providers/auth.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }) as string
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })

function given() {
  const clock = virtualClock()
  const requests: Request[] = []
  const stored = {
    AUTH0_CLIENT_ID: 'client',
    AUTH0_CLIENT_PRIVATE_KEY: pemOf(privateKey),
    AUTH0_CLIENT_KEY_ID: 'key-1',
    AUTH0_DOMAIN: 'shop.eu.auth0.com',
    AUTH0_AUDIENCE: 'https://api.shop.example',
  }
  const registry = {
    client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
    stage: 'dev',
    fromEnvironment: () => undefined,
    clock,
  }
  const fetch = (async (url: string, init: RequestInit) => {
    requests.push(new Request(url, { ...init, signal: null }))
    return Response.json({ access_token: 'a', token_type: 'Bearer' })
  }) as typeof globalThis.fetch
  const clients = secretsManagerClients({ ...registry, authOf: connectGrantOf })
  const apps = secretsManagerClients({ ...registry, authOf: appGrantOf })
  return { clock, requests, clients, apps, deps: { fetch, clock, random: seededRandom(1) } }
}

describe('a client with a private key', () => {
  test('signs who it is for a minute, each time anew, in every call: code, refresh, revocation, its own tokens', async () => {
    const { clock, requests, clients, apps, deps } = given()
    const client = (await clients.of('auth0')) as never
    const code = { code: 'c', redirectUri: 'https://x.example', verifier: 'v' }
    await exchangeCode(client, code, deps)
    await refreshGrant(client, 'refresh', deps)
    const log = () => {}
    await revoker({ ...deps, clients, log })({ provider: 'auth0' }, { accessToken: 'a', tokenType: 'Bearer' })
    await appGrant((await apps.of('auth0')) as never, deps)
    const used = new Set<unknown>()
    for (const request of requests) {
      expect(request.headers.get('authorization')).toBeNull()
      const form = new URLSearchParams(await request.text())
      expect(form.get('client_secret')).toBeNull()
      expect(form.get('client_id')).toBe('client')
      expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
        issuer: 'client',
        subject: 'client',
        // Auth0 wants its issuer, with the slash.
        audience: 'https://shop.eu.auth0.com/',
        currentDate: new Date(clock.now()),
      })
      expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: 'key-1' })
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
      used.add(payload.jti)
    }
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/oauth/token',
      '/oauth/token',
      '/oauth/revoke',
      '/oauth/token',
    ])
    expect(used.size).toBe(4)
  })

  test('whose key is none asks nobody, and what is said of it does not hold it', async () => {
    const { requests, clients, deps } = given()
    const client = (await clients.of('auth0')) as never as { readonly auth: OAuthCode }
    const broken = { ...client, privateKey: { pem: new Secret('canary') } }
    expect(await refreshGrant(broken as never, 'refresh', deps)).toEqual({
      kind: 'misconfigured',
      error: 'unusable_key',
    })
    expect(requests).toEqual([])
  })
})

describe('an authorization server of others', () => {
  const keys = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  } as const
  let server: Server
  let origin = ''
  beforeAll(async () => {
    server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const clients = Object.entries(keys).map(([alg, pair]) => ({
      client_id: alg,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt' as const,
      token_endpoint_auth_signing_alg: alg as 'RS256',
      jwks: { keys: [pair.publicKey.export({ format: 'jwk' }) as never] },
    }))
    const provider = new Provider(origin, {
      clients,
      clientAuthMethods: ['private_key_jwt'],
      enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    })
    server.on('request', provider.callback())
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const clientOf = (alg: keyof typeof keys, key: KeyObject) => ({
    provider: 'p',
    clientId: alg,
    clientSecret: new Secret(''),
    privateKey: { pem: new Secret(pemOf(key)) },
    auth: {
      kind: 'client-credentials',
      tokenUrl: `${origin}/token`,
      clientAuth: 'private-key-jwt',
    } as const,
  })
  const deps = { fetch, clock: systemClock, random: systemRandom }

  test.each(['RS256', 'ES256', 'EdDSA'] as const)('takes what is signed by %s', async (alg) => {
    const outcome = await appGrant(clientOf(alg, keys[alg].privateKey), deps)
    expect(outcome).toMatchObject({ kind: 'granted' })
  })

  test('does not take another key', async () => {
    const stolen = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(await appGrant(clientOf('ES256', stolen), deps)).toEqual({
      kind: 'misconfigured',
      error: 'invalid_client',
    })
  })
})
