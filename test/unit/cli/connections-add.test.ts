import { describe, expect, test } from 'vitest'
import { givenShell, loopback, type Received, type World } from './given.ts'

const id = `conn_${'x'.repeat(32)}`
const item = (more: object = {}) => ({
  id,
  tenant: 'acme',
  provider: 'distru',
  account: 'default',
  kind: 'key',
  fingerprint: 'wxyz',
  status: 'active',
  cause: null,
  connectedAt: '2026-11-21T08:00:00.000Z',
  expiresAt: null,
  hardExpiresAt: '2027-11-21T08:00:00.000Z',
  ...more,
})

async function given(world: World = {}) {
  const shell = givenShell(world)
  const server = await loopback(() => ({ status: 201, body: item() }))
  shell.stackAt(server.url)
  return { ...shell, server }
}

const body = (received: Received | undefined) =>
  JSON.parse(received?.body.toString('utf8') ?? 'null') as unknown
const key = 'canary-of-the-command-line'
const terminal = { input: true, output: true, errors: true, columns: 200, color: false }

describe('connections add', () => {
  test('reads the key from standard input, without the line end, and does not show it', async () => {
    const { sluice, server } = await given({ input: `${key}\n` })
    const { code, out, err } = await sluice('connections', 'add', 'distru', '--tenant', 'acme')
    expect(code).toBe(0)
    expect(server.received.map(({ method, path }) => [method, path])).toEqual([['POST', '/api/connections']])
    expect(body(server.received[0])).toEqual({ provider: 'distru', tenant: 'acme', credentials: { key } })
    expect(out).toContain('it ends 2027-11-21')
    expect(out + err).not.toContain('canary')
  })

  test('asks for each value on a terminal, hidden, and stores nothing when nobody answers', async () => {
    const asked: string[] = []
    const askSecret = async (question: string) => {
      asked.push(question)
      return question.startsWith('accountSid') ? 'AC1' : 'token'
    }
    const { sluice, server } = await given({ change: { terminal, askSecret } })
    const add = ['connections', 'add', 'twilio', '--tenant', 'acme', '--account', 'AC1']
    expect((await sluice(...add)).code).toBe(0)
    expect(asked).toEqual(['accountSid?', 'authToken?'])
    expect(body(server.received[0])).toMatchObject({
      account: 'AC1',
      credentials: { accountSid: 'AC1', authToken: 'token' },
    })
    const silent = await given({ change: { terminal } })
    expect((await silent.sluice(...add)).code).toBe(1)
    expect(silent.server.received).toEqual([])
  })

  test('reads a variable of the environment', async () => {
    const { sluice, server } = await given({ environment: { MY_KEY: key } })
    const add = ['connections', 'add', 'etherscan', '--tenant', 'acme', '--env']
    expect((await sluice(...add, 'MY_KEY')).code).toBe(0)
    expect(body(server.received[0])).toMatchObject({ credentials: { key } })
    const { code, err } = await sluice(...add, 'canary')
    expect([code, err]).toEqual([1, expect.stringMatching(/--env names is not set/)])
    expect(err).not.toContain('canary')
    expect(server.received).toHaveLength(1)
  })

  test('takes several values as a JSON object, of the form that is named', async () => {
    const { sluice, server } = await given({ input: '{"keySecret":"s","keySid":"SK1"}' })
    const add = ['connections', 'add', 'twilio', '--tenant', 'acme']
    expect((await sluice(...add, '--with', 'keySecret,keySid')).code).toBe(0)
    expect(body(server.received[0])).toMatchObject({ credentials: { keySid: 'SK1', keySecret: 's' } })
    // Of the usual form it is none.
    expect((await sluice(...add)).code).toBe(1)
  })

  test.each([
    'canary',
    '["canary"]',
    '{"accountSid":"canary"}',
    '{"accountSid":1,"authToken":"canary"}',
    'null',
    '',
  ])('refuses %j for a provider that takes two values, and does not show it', async (input) => {
    const { sluice, server } = await given({ input })
    const { code, out, err } = await sluice('connections', 'add', 'twilio', '--tenant', 'acme')
    expect([code, err]).toEqual([1, expect.stringMatching(/accountSid, authToken/)])
    expect(out + err).not.toContain('canary')
    expect(server.received).toEqual([])
  })

  test.each([
    [['quickbooks'], /takes no keys/],
    [['nobody'], /takes no keys/],
    [['twilio', '--with', 'key'], /accountSid,authToken, or keySid,keySecret/],
    [['distru', key], /too many arguments/],
  ])('%j is typed wrongly', async (parameters, words) => {
    const { sluice, server } = await given({ input: key })
    const { code, err } = await sluice('connections', 'add', ...parameters, '--tenant', 'acme')
    expect([code, err]).toEqual([2, expect.stringMatching(words)])
    expect(server.received).toEqual([])
  })
})

test('connections list says what each stands on, and until when', async () => {
  const shell = givenShell()
  const items = [
    item(),
    item({ fingerprint: null, hardExpiresAt: null }),
    item({ kind: 'oauth', fingerprint: null, expiresAt: '2026-11-21T09:00:00.000Z', hardExpiresAt: null }),
  ]
  const server = await loopback(() => ({ body: { items, cursor: null } }))
  shell.stackAt(server.url)
  const { out } = await shell.sluice('connections', 'list')
  const lines = out.split('\n').map((line) => line.split(/\s{2,}/).slice(4, 7))
  expect(lines.slice(0, 4)).toEqual([
    ['stands on', 'state', 'until'],
    ['key …wxyz', 'active', '2027-11-21T08:00:00.000Z'],
    ['key', 'active', 'for good'],
    ['token', 'active', '2026-11-21T09:00:00.000Z'],
  ])
})
