import { describe, expect, test } from 'vitest'
import type { CallCredentials, CredentialsOutcome } from '#lib/oauth/credentials.ts'
import { sluice, sluiceLater, type ConnectionRef, type SluiceDeps } from '#lib/outbound/sluice.ts'
import { epochMs, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import type { Connection } from '#lib/vault/connection.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const key = (extras: Readonly<Record<string, string>> = {}): CallCredentials => ({
  kind: 'key',
  version: 1,
  headers: { authorization: new Secret('Bearer secret') },
  query: {},
  extras,
})

const connected = (provider: string, account: string, state: Connection['state'] = 'active'): Connection => ({
  id: connectionId('acme', provider, account),
  tenant: 'acme',
  provider,
  account,
  kind: 'key',
  state,
  scopes: [],
  connectedAt: epochMs(0),
  obtainedAt: epochMs(0),
  version: 1,
  leaseUntil: epochMs(0),
  failures: 0,
  tokens: new Uint8Array(),
})

interface Given {
  readonly outcome?: CredentialsOutcome
  readonly connections?: readonly Connection[]
  readonly environment?: Readonly<Record<string, string>>
  readonly status?: number
}

function given({ outcome, connections = [], environment = {}, status = 200 }: Given = {}) {
  const clock = virtualClock()
  const seen = {
    sent: [] as { url: string; trusted: boolean }[],
    credentials: [] as string[],
    locked: [] as string[],
    lists: 0,
    finds: 0,
  }
  const deps: SluiceDeps = {
    clock,
    random: seededRandom(1),
    send: async ({ url }, { trusted = false }) => {
      seen.sent.push({ url: url.href, trusted })
      return new Response('{}', { status, headers: { 'content-type': 'application/json' } })
    },
    limiter: { take: async () => ({ kind: 'granted' }), observe: () => {} },
    breaker: { enter: async () => ({ kind: 'pass', probe: false, report: async () => undefined }) },
    budget: retryBudget({ ratio: 1, minPerWindow: 10, windowMs: 60_000, clock }),
    apiOf: (provider) => findProvider(provider)?.api,
    fromEnvironment: (name) => environment[name],
    credentials: {
      of: async ({ tenant, id }) => {
        seen.credentials.push(`${tenant} ${id}`)
        return outcome ?? { kind: 'credentials', credentials: key() }
      },
    },
    connections: {
      find: async (id) => {
        seen.finds += 1
        return connections.find((each) => each.id === id)
      },
      // A page of one, so that the list has to be followed.
      list: async (tenant, after) => {
        seen.lists += 1
        const own = connections.filter((each) => each.tenant === tenant)
        const at = after === undefined ? 0 : Number(after)
        return { connections: own.slice(at, at + 1), ...(at + 1 < own.length && { next: String(at + 1) }) }
      },
    },
    locked: async (tenant, id) => void seen.locked.push(`${tenant} ${id}`),
  }
  const call = (connection: ConnectionRef, path = '/x', tenant = 'acme') =>
    sluice(deps).fetch(tenant, connection, { attempts: 1, timeoutMs: ms(5_000) })(path)
  return { ...seen, seen, call, deps }
}

describe('the connection that is called by', () => {
  test('is the one of this tenant, provider and account', async () => {
    const { call, credentials, seen } = given()
    await call({ provider: 'sendgrid', account: 'a' })
    expect(new Set(credentials)).toEqual(new Set([`acme ${connectionId('acme', 'sendgrid', 'a')}`]))
    expect(seen.lists).toBe(0)
  })

  test('is the only one there is when no account is named, over all pages of the list', async () => {
    const connections = [
      connected('slack', 'T1'),
      connected('sendgrid', 'gone', 'deleted'),
      connected('sendgrid', 'a'),
    ]
    const { call, credentials } = given({ connections })
    await call({ provider: 'sendgrid' })
    expect(credentials[0]).toBe(`acme ${connectionId('acme', 'sendgrid', 'a')}`)
  })

  test('has to be named when there are several', async () => {
    const { call, sent } = given({ connections: [connected('sendgrid', 'a'), connected('sendgrid', 'b')] })
    await expect(call({ provider: 'sendgrid' })).rejects.toMatchObject({ code: 'MISCONFIGURED' })
    expect(sent).toEqual([])
  })

  test('of another tenant is none', async () => {
    const { call, sent } = given({ connections: [connected('sendgrid', 'a')] })
    await expect(call({ provider: 'sendgrid' }, '/x', 'globex')).rejects.toMatchObject({
      kind: 'disconnected',
      code: 'unknown',
    })
    expect(sent).toEqual([])
  })

  test('is that of the likely account, else the only one; and is not looked for at every event', async () => {
    const slack = { provider: 'slack', likelyAccount: 'T1' }
    const { deps, credentials, seen } = given({
      connections: [connected('slack', 'T1'), connected('slack', 'T2'), connected('twilio', 'default')],
    })
    const calls = sluice(deps)
    for (let event = 0; event < 3; event += 1) await calls.fetch('acme', slack)('/x')
    expect(new Set(credentials)).toEqual(new Set([`acme ${connectionId('acme', 'slack', 'T1')}`]))
    expect([seen.finds, seen.lists]).toEqual([1, 0])
    credentials.length = 0
    const twilio = { provider: 'twilio', likelyAccount: 'AC1' }
    for (let event = 0; event < 3; event += 1) await calls.fetch('acme', twilio)('/x')
    expect(new Set(credentials)).toEqual(new Set([`acme ${connectionId('acme', 'twilio', 'default')}`]))
    expect([seen.finds, seen.lists]).toEqual([2, 3])
    await expect(calls.fetch('acme', { provider: 'slack', likelyAccount: 'T9' })('/x')).rejects.toMatchObject(
      {
        code: 'MISCONFIGURED',
      },
    )
  })

  test('is looked for again when it could not be found', async () => {
    const connections: Connection[] = []
    const { deps } = given({ connections })
    const fetch = sluice(deps).fetch('acme', { provider: 'sendgrid' })
    await expect(fetch('/x')).rejects.toMatchObject({ kind: 'disconnected' })
    connections.push(connected('sendgrid', 'a'))
    expect((await fetch('/x')).status).toBe(200)
  })
})

describe('a connection that can not be used', () => {
  test.each([
    [
      { kind: 'needs_reauth', cause: 'revoked' },
      { kind: 'disconnected', code: 'revoked', action: 'wait' },
    ],
    [
      { kind: 'not_active', state: 'deleted' },
      { kind: 'disconnected', code: 'deleted', action: 'wait' },
    ],
    [
      { kind: 'unavailable', error: 'vault_unavailable' },
      { kind: 'held', code: 'vault_unavailable', action: 'wait' },
    ],
  ] as const)('%j: nothing is sent, and whoever called waits', async (outcome, error) => {
    const { call, sent } = given({ outcome })
    await expect(call({ provider: 'sendgrid', account: 'a' })).rejects.toMatchObject(error)
    expect(sent).toEqual([])
  })

  test('B115: because its key is refused is told so', async () => {
    const { call, locked } = given({ status: 401 })
    expect((await call({ provider: 'sendgrid', account: 'a' })).status).toBe(401)
    expect(locked).toEqual([`acme ${connectionId('acme', 'sendgrid', 'a')}`])
  })
})

describe('the address of an API', () => {
  const quickbooks = { provider: 'quickbooks', account: 'r' }

  test('is filled by what the connection knows', async () => {
    const outcome = { kind: 'credentials', credentials: key({ realmId: '123' }) } as const
    const { call, sent } = given({ outcome })
    await call(quickbooks, '/query')
    expect(sent[0]?.url).toContain('/123/query')
  })

  test('without what fills it sends nothing', async () => {
    const { call, sent } = given()
    await expect(call(quickbooks)).rejects.toMatchObject({ code: 'MISCONFIGURED' })
    expect(sent).toEqual([])
  })

  test('is trusted to be private where the operator names it, and nowhere else', async () => {
    const environment = { SENDGRID_BASE_URL: 'http://127.0.0.1:9/v3' }
    const named = given({ environment })
    await named.call({ provider: 'sendgrid', account: 'a' })
    expect(named.sent).toEqual([{ url: 'http://127.0.0.1:9/v3/x', trusted: true }])
    const usual = given()
    await usual.call({ provider: 'sendgrid', account: 'a' })
    expect(usual.sent[0]?.trusted).toBe(false)
  })

  test('may be another base of the provider, by name or whole', async () => {
    const { call, sent } = given()
    await call({ provider: 'sendgrid', account: 'a', base: 'eu' })
    await call({ provider: 'sendgrid', account: 'a' }, 'https://api.eu.sendgrid.com/v3/y')
    expect(sent.map(({ url }) => url)).toEqual([
      'https://api.eu.sendgrid.com/v3/x',
      'https://api.eu.sendgrid.com/v3/y',
    ])
  })

  test.each(['hmac', 'nobody'])('of %s is none', async (provider) => {
    await expect(given().call({ provider, account: 'a' })).rejects.toMatchObject({ code: 'MISCONFIGURED' })
  })
})

describe('calls that are made ready when they are first used', () => {
  test('are made ready once, and again only when that failed', async () => {
    let opened = 0
    const { deps } = given()
    const later = sluiceLater(async () => {
      opened += 1
      if (opened === 1) throw new Error('not now')
      return sluice(deps)
    })
    const fetch = later.fetch('acme', { provider: 'sendgrid', account: 'a' })
    expect(opened).toBe(0)
    await expect(fetch('/x')).rejects.toThrow('not now')
    expect((await fetch('/x')).status).toBe(200)
    expect((await later.fetch('acme', { provider: 'sendgrid', account: 'b' })('/x')).status).toBe(200)
    expect(opened).toBe(2)
  })
})
