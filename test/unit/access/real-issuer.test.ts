import { createServer, type Server } from 'node:http'
import { exportJWK } from 'jose'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callerOf } from '#lib/access/caller.ts'
import { httpsIssuerKeys } from '#lib/access/issuer-keys.https.ts'
import { validateJwt } from '#lib/access/validate-jwt.ts'
import { compileOidc } from '#lib/config/oidc.ts'
import { minutes, systemClock } from '#lib/primitives/clock.ts'
import { signingKey } from '../../fakes/issuer.ts'
import { skewed } from '../../fakes/virtual-clock.ts'

const audience = 'https://sluice.example.com'
let server: Server
let issuer: string

/** What the server would keep of codes and sessions: it gives out none here. */
const nothing = async (): Promise<undefined> => {}
const nothingKept = {
  upsert: nothing,
  find: nothing,
  findByUid: nothing,
  findByUserCode: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
}

/** A certified authorization server that gives its own client access tokens as RFC 9068 has them. */
beforeAll(async () => {
  const key = await signingKey('ES256', 'real')
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const provider = new Provider(issuer, {
    adapter: () => nothingKept,
    clients: [
      {
        client_id: 'ada',
        client_secret: 'secret-of-the-test',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(key.privateKey)), kid: key.kid, alg: key.alg, use: 'sig' }] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope: 'sluice other',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    scopes: ['sluice', 'other'],
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: () => ({ roles: ['operator'], tenants: ['acme'] }),
  })
  server.on('request', provider.callback())
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function tokenFor(scope: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('ada:secret-of-the-test').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

test('a token of a real authorization server is judged by what the server says of itself', async () => {
  const config = compileOidc({ issuer, audience, tenantsClaim: 'tenants', requiredScopes: ['sluice'] })
  const asked: string[] = []
  const keys = httpsIssuerKeys(config, {
    clock: systemClock,
    log: () => {},
    fetch: (input, init) => {
      asked.push(input as string)
      return fetch(input, init)
    },
  })
  const deps = { keys, clock: systemClock }
  const token = await tokenFor('sluice')

  const verdict = await validateJwt(token, config, deps)

  expect(verdict.kind).toBe('valid')
  expect(callerOf(verdict.kind === 'valid' ? verdict.claims : {}, config)).toEqual({
    role: 'operator',
    actor: 'person:ada',
    tenants: ['acme'],
  })
  expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/jwks`])
  expect(await validateJwt(await tokenFor('other'), config, deps)).toEqual({ kind: 'insufficient_scope' })
  const other = { ...config, audience: 'https://other.example.com' }
  expect(await validateJwt(token, other, deps)).toEqual({ kind: 'invalid' })
  const later = skewed(systemClock, minutes(11))
  expect(await validateJwt(token, config, { keys, clock: later })).toEqual({ kind: 'invalid' })
  expect(asked).toHaveLength(2)
})
