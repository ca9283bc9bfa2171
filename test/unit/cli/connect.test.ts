import { expect, test } from 'vitest'
import { givenShell, loopback, type Reply, type World } from './given.ts'

const id = `link_${'x'.repeat(43)}`
const terminal = { input: true, output: true, errors: true, columns: 100, color: false }

/** An API that makes one link and says of it, poll by poll, what is in the list; the last stays. */
async function givenApi(
  statuses: readonly object[],
  {
    linkUrl = 'https://sluice.test/oauth/sandbox/connect?link=y',
    ...world
  }: World & { linkUrl?: string } = {},
) {
  const opened: string[] = []
  const openBrowser = async (url: string): Promise<void> => void opened.push(url)
  const shell = givenShell({ ...world, change: { terminal, openBrowser, ...world.change } })
  let asked = 0
  const server = await loopback(({ method, path }): Reply => {
    if (method === 'POST')
      return { status: 201, body: { id, url: linkUrl, expiresAt: '2026-11-21T09:00:00Z' } }
    expect(path).toBe(`/api/connect-links/${id}?tenant=acme`)
    const at = Math.min((asked += 1), statuses.length) - 1
    return {
      body: { id, tenant: 'acme', provider: 'sandbox', connection: null, reason: null, ...statuses[at] },
    }
  })
  shell.stackAt(server.url)
  const polls = () => server.received.filter(({ method }) => method === 'GET').length
  return { ...shell, server, opened, polls }
}
const connect = ['connect', 'sandbox', '--tenant', 'acme'] as const
const connected = { status: 'connected', connection: `conn_${'z'.repeat(32)}` }

test('opens the browser, waits for the connection with progress, and prints it', async () => {
  const api = await givenApi([{ status: 'open' }, { status: 'open' }, { status: 'started' }, connected])
  const { code, out, err } = await api.sluice(...connect)
  expect(code).toBe(0)
  expect(api.opened).toEqual(['https://sluice.test/oauth/sandbox/connect?link=y'])
  expect(out).toBe(`✓ sandbox is connected for acme: ${connected.connection}\n`)
  expect(err.match(/Waiting for the link to be opened/g)).toHaveLength(1)
  expect(err).toContain('Waiting for the sign-in')
  expect(api.polls()).toBe(4)
})

test('sends what was asked for', async () => {
  const api = await givenApi([connected])
  await api.sluice(
    ...connect,
    '--account',
    'alice',
    '--shared',
    '--return-to',
    'https://app.example.com/',
    '--scope',
    'a',
    'b',
  )
  expect(JSON.parse(api.server.received[0]?.body.toString() ?? '')).toEqual({
    provider: 'sandbox',
    tenant: 'acme',
    account: 'alice',
    scopes: ['a', 'b'],
    shared: true,
    returnTo: 'https://app.example.com/',
  })
})

test.each([
  ['--no-open', ['--no-open'], {}],
  ['no terminal', [], { change: { terminal: { ...terminal, output: false } } }],
  ['SLUICE_NO_BROWSER', [], { environment: { SLUICE_NO_BROWSER: '1' } }],
] as const)('with %s the link is printed and nothing else is done', async (_name, more, world) => {
  const api = await givenApi([connected], world)
  const { code, out } = await api.sluice(...connect, ...more)
  expect(code).toBe(0)
  expect(out).toContain('  https://sluice.test/oauth/sandbox/connect?link=y\n')
  expect(api.opened).toEqual([])
  expect(api.polls()).toBe(0)
})

test('--json prints the link and ends', async () => {
  const api = await givenApi([connected])
  const { code, out } = await api.sluice(...connect, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ id, url: 'https://sluice.test/oauth/sandbox/connect?link=y' })
  expect(api.opened).toEqual([])
})

test.each(['file:///etc/passwd', 'javascript:alert(1)', 'x'])('%s is not opened', async (linkUrl) => {
  const api = await givenApi([connected], { linkUrl })
  await api.sluice(...connect)
  expect(api.opened).toEqual([])
})

test('a browser that can not be started leaves the link to be opened by hand', async () => {
  const openBrowser = () => Promise.reject(new Error('no such program'))
  const api = await givenApi([connected], { change: { terminal, openBrowser } })
  const { code, err } = await api.sluice(...connect)
  expect(code).toBe(0)
  expect(err).toContain('Open this in a browser')
})

test.each([
  [{ status: 'denied' }, 'not allowed'],
  [{ status: 'expired' }, 'nobody opened'],
  [{ status: 'abandoned' }, 'nobody came back'],
  [{ status: 'pending_lost' }, 'connect again'],
  [{ status: 'failed', reason: 'another_account' }, 'another_account'],
])('%j ends in a failure that says so', async (item, words) => {
  const { code, err } = await (await givenApi([{ status: 'started' }, item])).sluice(...connect)
  expect(code).toBe(1)
  expect(err).toContain(words)
})

test('an interrupt ends the waiting', async () => {
  const api = await givenApi([{ status: 'open' }])
  const sleep = async (): Promise<void> => {
    api.interrupt()
    api.io.signal.throwIfAborted()
  }
  Object.assign(api.io, { clock: { ...api.io.clock, sleep } })
  expect((await api.sluice(...connect)).code).toBe(130)
})
