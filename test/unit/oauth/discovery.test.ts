import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { discoverer } from '#lib/oauth/discovery.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

type Reply = (request: IncomingMessage, response: ServerResponse) => void

let server: Server
let origin = ''
let reply: Reply = () => {}
let asked: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    reply(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const json =
  (document: unknown, status = 200, type = 'application/json'): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type })
    response.end(typeof document === 'string' ? document : JSON.stringify(document))
  }
const metadata = (more: object = {}) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  revocation_endpoint: `${origin}/revoke`,
  ...more,
})

/** A registration as the secret holds it; answers of the issuer are real HTTP unless `answer` gives them. */
function given(stored: Readonly<Record<string, string>>, answer?: (url: string) => Response) {
  asked = []
  const clock = virtualClock()
  const lines: string[] = []
  const log = (_level: string, message: string, fields = {}) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`)
  const ask = answer
    ? ((async (url: string) => (asked.push(url), answer(url))) as unknown as typeof fetch)
    : fetch
  const clients = secretsManagerClients({
    client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
    stage: 'dev',
    authOf: connectGrantOf,
    fromEnvironment: () => undefined,
    clock,
    locate: discoverer({ fetch: ask, clock, log }),
  })
  return { clock, lines, clients }
}
const registered = (issuer: string) => ({
  OIDC_CLIENT_ID: 'id',
  OIDC_CLIENT_SECRET: 'client-secret-canary',
  OIDC_ISSUER: issuer,
})

describe('a provider whose addresses are in its metadata', () => {
  test('has those of the issuer that the registration names', async () => {
    reply = json(metadata())
    const { clients } = given(registered(origin))
    const { auth } = (await clients.of('oidc')) ?? {}
    expect(auth).toMatchObject({
      authorizeUrl: `${origin}/authorize`,
      tokenUrl: `${origin}/token`,
      revokeUrl: `${origin}/revoke`,
      discovery: { issuer: origin },
    })
    expect(auth).not.toHaveProperty('issuer')
    expect(asked).toEqual(['/.well-known/openid-configuration'])
  })

  test('is held to name itself in its answers where its metadata says that it does', async () => {
    reply = json(metadata({ authorization_response_iss_parameter_supported: true }))
    const { clients } = given(registered(origin))
    expect((await clients.of('oidc'))?.auth).toHaveProperty('issuer', origin)
  })

  test('may be any provider of users: the addresses of its declaration stand back', async () => {
    reply = json(metadata({ issuer: `${origin}/` }))
    const stored = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 's', AUTH0_ISSUER: `${origin}/` }
    const { clients } = given(stored)
    expect((await clients.of('auth0'))?.auth.tokenUrl).toBe(`${origin}/token`)
  })

  test('takes a client by its key, and what that signs is for the address that was found', async () => {
    reply = json(metadata())
    const stored = { OIDC_CLIENT_ID: 'id', OIDC_CLIENT_PRIVATE_KEY: 'pem', OIDC_ISSUER: origin }
    const client = await given(stored).clients.of('oidc')
    expect(client?.auth).toMatchObject({ clientAuth: 'private-key-jwt', tokenUrl: `${origin}/token` })
    expect(client?.auth).toHaveProperty('clientAssertion', {})
    expect(client?.privateKey?.pem.reveal()).toBe('pem')
  })

  test('is named as its issuer says, where it wants what a client signs to be for itself', async () => {
    reply = json(metadata({ issuer: `${origin}/` }))
    const stored = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_PRIVATE_KEY: 'pem', AUTH0_ISSUER: `${origin}/` }
    expect((await given(stored).clients.of('auth0'))?.auth).toMatchObject({
      clientAuth: 'private-key-jwt',
      clientAssertion: { audience: `${origin}/` },
    })
  })

  test('keeps the addresses that its registration says', async () => {
    reply = json(metadata())
    const { clients } = given({ ...registered(origin), OIDC_TOKEN_URL: 'https://own.example/token' })
    expect((await clients.of('oidc'))?.auth.tokenUrl).toBe('https://own.example/token')
  })

  test('may have its addresses at another origin: its issuer says so', async () => {
    const elsewhere = { authorization_endpoint: 'https://a.example/x', token_endpoint: 'https://b.example/y' }
    const issuer = 'https://issuer.example'
    const { clients } = given(registered(issuer), () => Response.json({ issuer, ...elsewhere }))
    expect((await clients.of('oidc'))?.auth).toHaveProperty('authorizeUrl', 'https://a.example/x')
  })

  test('is none without an issuer', async () => {
    const { clients } = given({ OIDC_CLIENT_ID: 'id', OIDC_CLIENT_SECRET: 's' })
    expect(await clients.of('oidc')).toBeUndefined()
    expect(asked).toEqual([])
  })
})

describe('metadata', () => {
  test('is asked for once, by however many, and again after an hour', async () => {
    reply = json(metadata())
    const { clients, clock } = given(registered(origin))
    await Promise.all([clients.of('oidc'), clients.of('oidc'), clients.of('oidc')])
    expect(asked).toHaveLength(1)
    await clock.advance(3_599_999)
    await clients.of('oidc')
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    await clients.of('oidc')
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['is away', json('', 503)],
    ['breaks off', (_request: IncomingMessage, response: ServerResponse) => void response.destroy()],
    ['now names another issuer', json({ issuer: 'https://evil.example' })],
  ])('is used further while its server %s', async (_name, fault) => {
    reply = json(metadata())
    const { clients, clock, lines } = given(registered(origin))
    await clients.of('oidc')
    reply = fault
    await clock.advance(3_600_000)
    expect((await clients.of('oidc'))?.auth.tokenUrl).toBe(`${origin}/token`)
    expect(lines.join()).toContain('the old one is used further')
    // Not asked for again with each call, and again after a minute.
    await clients.of('oidc')
    expect(asked).toHaveLength(2)
    reply = json(metadata({ token_endpoint: `${origin}/moved` }))
    await clock.advance(60_000)
    expect((await clients.of('oidc'))?.auth.tokenUrl).toBe(`${origin}/moved`)
  })
})

describe('B075: metadata of an attacker', () => {
  const evil = 'https://evil.example'
  const answers: readonly (readonly [string, () => Reply])[] = [
    ['that names another issuer', () => json(metadata({ issuer: evil }))],
    [
      'whose addresses lead elsewhere and whose issuer is another',
      () => json({ issuer: evil, authorization_endpoint: `${evil}/a`, token_endpoint: `${evil}/t` }),
    ],
    ['that names its issuer with a slash more', () => json(metadata({ issuer: `${origin}/` }))],
    ['that names its issuer in capitals', () => json(metadata({ issuer: origin.toUpperCase() }))],
    ['that names several issuers', () => json(metadata({ issuer: [origin, evil] }))],
    ['that names none', () => json(metadata({ issuer: undefined }))],
    ['with a token address in the clear', () => json(metadata({ token_endpoint: 'http://evil.example/t' }))],
    [
      'with an authorization address in the clear',
      () => json(metadata({ authorization_endpoint: 'http://evil.example/a' })),
    ],
    [
      'with a revocation address in the clear',
      () => json(metadata({ revocation_endpoint: 'http://e.example' })),
    ],
    [
      'with an address that is a script',
      () => json(metadata({ authorization_endpoint: 'javascript:alert(1)' })),
    ],
    ['with an address that is a list', () => json(metadata({ token_endpoint: [`${evil}/t`] }))],
    [
      'with an address that names a user',
      () => json(metadata({ token_endpoint: 'https://a@evil.example/t' })),
    ],
    ['without a token address', () => json(metadata({ token_endpoint: undefined }))],
    ['that is HTML', () => json('<html>', 200, 'text/html')],
    ['that is no object', () => json('[]')],
    ['that breaks off', () => json('{"issuer":')],
    ['of ten megabytes', () => json({ ...metadata(), pad: 'x'.repeat(10_000_000) })],
    [
      'that unfolds to twenty megabytes',
      () => (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        response.end(gzipSync(Buffer.alloc(20_000_000, 32)))
      },
    ],
    ['that is not there', () => json({}, 404)],
  ]
  test.each(answers)('%s is refused', async (_name, answer) => {
    reply = answer()
    const { clients, lines } = given(registered(origin))
    await expect(clients.of('oidc')).rejects.toThrow(/the issuer/)
    expect(asked).toHaveLength(1)
    expect(lines.join()).not.toContain('canary')
  })

  test.each([301, 302, 303, 307, 308])('is not looked for where a %i leads', async (status) => {
    reply = ({ url }, response) => {
      if (url === '/elsewhere') return json(metadata())({} as IncomingMessage, response)
      response.writeHead(status, { location: `${origin}/elsewhere` })
      response.end()
    }
    const { clients } = given(registered(origin))
    await expect(clients.of('oidc')).rejects.toThrow(/the issuer/)
    expect(asked).toEqual(['/.well-known/openid-configuration'])
  })

  test.each([
    'http://169.254.169.254',
    'http://issuer.example',
    'file:///etc',
    'https://a@b.example',
    'x',
    'https://b.example/?x',
  ])('is not asked for at %s', async (issuer) => {
    const { clients } = given(registered(issuer), () => Response.json({}))
    await expect(clients.of('oidc')).rejects.toThrow(/https/)
    expect(asked).toEqual([])
  })

  test.each(['http://127.0.0.1:1/t', 'https://localhost/t', 'https://[::1]/t'])(
    'an issuer elsewhere does not lead to this machine: %s',
    async (token_endpoint) => {
      const issuer = 'https://issuer.example'
      const document = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint }
      const { clients } = given(registered(issuer), () => Response.json(document))
      await expect(clients.of('oidc')).rejects.toThrow(/not safe/)
    },
  )

  test('a server that never answers holds a caller up for ten seconds at most', async () => {
    const { clock, lines } = given(registered(origin))
    const locate = discoverer({
      clock,
      log: (_level, message) => void lines.push(message),
      fetch: () => new Promise(() => {}),
    })
    const waiting = locate(connectGrantOf('oidc') as never, (name) =>
      name === 'ISSUER' ? origin : undefined,
    )
    const outcome = waiting.catch((error: unknown) => String(error))
    await expect.poll(() => clock.waiting).toBe(1)
    await clock.advance(10_000)
    expect(await outcome).toContain('does not tell its metadata')
  })
})
