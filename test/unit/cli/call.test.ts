import { expect, test } from 'vitest'
import { givenShell, loopback, type World } from './given.ts'

const id = `conn_${'a'.repeat(32)}`

interface Reply {
  readonly status?: number
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** A shell whose deployment answers as told. */
async function given(
  { status = 200, body = '{"sub":"alice"}', headers = {} }: Reply = {},
  world: World = {},
) {
  const deployment = await loopback(() => ({}))
  const seen: { url: string; init: RequestInit }[] = []
  const shell = givenShell({
    ...world,
    change: {
      ...world.change,
      fetch: async (url, init = {}) => {
        seen.push({ url: url as string, init })
        return new Response(body, { status, headers: { 'sluice-answer': 'provider', ...headers } })
      },
    },
  })
  shell.stackAt(deployment.url)
  const sent = () => new Headers(seen[0]?.init.headers)
  return { shell, seen, sent, url: deployment.url }
}

test('calls by the connection, and prints the body as it came', async () => {
  const { shell, seen, sent, url } = await given({
    headers: { 'sluice-attempts': '2', 'sluice-source': 'live' },
  })
  const ran = await shell.sluice('call', id, '/me?x=%2F', '--base', 'files', '--timeout', '900')
  expect(ran).toEqual({ code: 0, out: '{"sub":"alice"}', err: '200, 2 attempts\n' })
  expect([seen[0]?.url, seen[0]?.init.method]).toEqual([`${url}/proxy/${id}/-`, 'GET'])
  expect(Object.fromEntries(sent())).toEqual({
    authorization: 'Bearer local-token',
    'sluice-path': '/me?x=%2F',
    'sluice-base': 'files',
    'sluice-timeout-ms': '900',
  })
})

test('sends a body, by POST and by the type that it has', async () => {
  const { shell, seen, sent } = await given()
  await shell.sluice('call', id, '/v1', '-d', 'a=1', '-H', 'idempotency-key: k', '-H', 'x-a:b')
  expect([seen[0]?.init.method, seen[0]?.init.body]).toEqual(['POST', 'a=1'])
  expect([sent().get('content-type'), sent().get('idempotency-key'), sent().get('x-a')]).toEqual([
    'application/x-www-form-urlencoded',
    'k',
    'b',
  ])
  const other = await given({}, { input: '{"a":1}' })
  await other.shell.sluice('call', id, '/v1', '-X', 'put', '-d', '-')
  expect(other.seen[0]?.init.method).toBe('PUT')
  expect(Buffer.from(other.seen[0]?.init.body as Uint8Array).toString()).toBe('{"a":1}')
  expect(other.sent().get('content-type')).toBe('application/json')
})

test('--json tells the whole answer, bytes as base64', async () => {
  const { shell } = await given({ headers: { 'sluice-attempts': '1', 'sluice-source': 'stale' } })
  expect(JSON.parse((await shell.sluice('call', id, '/me', '--json')).out)).toMatchObject({
    status: 200,
    attempts: 1,
    source: 'stale',
    headers: { 'sluice-answer': 'provider' },
    body: { sub: 'alice' },
  })
  const binary = await given({ body: Buffer.from([0, 255]) })
  expect(JSON.parse((await binary.shell.sluice('call', id, '/me', '--json')).out)).toMatchObject({
    base64: 'AP8=',
  })
})

test("a failure of the provider is printed and is exit code 1; one of Sluice's is an error in its words", async () => {
  const failed = await given({ status: 404, body: '{"error":"no"}' })
  expect(await failed.shell.sluice('call', id, '/me')).toMatchObject({ code: 1, out: '{"error":"no"}' })
  const headers = { 'sluice-answer': 'sluice' }
  const body = JSON.stringify({
    code: 'disconnected',
    title: 'The connection is not in use',
    detail: 'Connect again.',
  })
  const ours = await given({ status: 409, body, headers })
  const ran = await ours.shell.sluice('call', id, '/me', '--json')
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'disconnected' } })
  expect(ran.err).toContain('409 The connection is not in use: Connect again.')
})

test('what could steer a terminal is spelled out', async () => {
  const terminal = { input: false, output: true, errors: true, columns: 80, color: false }
  const { shell } = await given({ body: 'a\u001b[2Jb' }, { change: { terminal } })
  expect((await shell.sluice('call', id, '/me')).out).toBe('a\\u001b[2Jb\n')
})

test.each([
  ['conn_1', '/me'],
  [id, 'me'],
  [id, '/a b'],
  [id, '/me', '-H', 'no colon'],
  [id, '/me', '--timeout', '25001'],
])('%s %s %s %s is typed wrongly', async (...parameters) => {
  const { shell, seen } = await given()
  expect((await shell.sluice('call', ...parameters)).code).toBe(2)
  expect(seen).toEqual([])
})
