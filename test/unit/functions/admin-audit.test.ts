import { QueryCommand, ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '#lib/access/caller.ts'
import type { AuditItem } from '#lib/admin/schemas-audit.ts'
import { auditItem } from '#lib/admin/schemas-audit.ts'
import { days } from '#lib/primitives/clock.ts'
import { consoleSession } from '#test/fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
let key: SigningKey
beforeAll(async () => {
  ;[tables, key] = await Promise.all([startTables(), signingKey('ES256')])
})
afterAll(() => tables.close())

let clock: VirtualClock
let people: GivenIssuer
let given: GivenAdmin
/** What the table is to refuse. */
let broken: 'PutItemCommand' | 'UpdateItemCommand' | undefined
beforeEach(async () => {
  clock = virtualClock()
  people = givenIssuer([key], clock, { tenantsClaim: 'tenants' })
  broken = undefined
  const send = (command: { constructor: { name: string }; input: object }, more?: object): unknown => {
    const isRow = JSON.stringify(command.input).includes('"audit#')
    if (isRow && command.constructor.name === broken) return Promise.reject(new Error('down'))
    return tables.client.send(command as never, more as never)
  }
  given = await givenAdmin(
    { ...tables, client: { send } as unknown as DynamoDBClient },
    {
      clock,
      changes: { people: { config: people.config, keys: people.keys, clock } },
    },
  )
})

const as = async (token: string, path: string, body?: unknown): Promise<Response> =>
  given.app.request(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const person = (role: Role, tenants: readonly string[], sub = 'ada'): Promise<string> =>
  people.token({ sub, roles: [role], tenants })
interface Page {
  readonly items: AuditItem[]
  readonly cursor: string | null
}
const page = async (response: Promise<Response>): Promise<Page> => {
  const found = (await (await response).json()) as Page
  for (const item of found.items) expect(auditItem.safeParse(item).success).toBe(true)
  return found
}
const audit = (query = ''): Promise<Page> => page(given.api(`/api/audit${query}`))

describe('an operation that changes something', () => {
  test('leaves a row: who, what, whose, when, and what came of it', async () => {
    const id = await given.seed({ key: 'k', tenant: 'acme' })
    const token = await person('operator', ['acme'])
    await as(token, `/api/events/${id}/replay`, {})
    expect((await audit()).items).toEqual([
      {
        id: expect.any(String),
        at: new Date(clock.now()).toISOString(),
        actor: 'person:ada',
        role: 'operator',
        via: 'api',
        operation: 'replayEvent',
        target: { id },
        tenants: ['acme'],
        requestId: '-',
        outcome: 'done',
        status: 202,
        completedAt: new Date(clock.now()).toISOString(),
      },
    ])
  })

  test('leaves one also when it was refused, and none when it only reads', async () => {
    await given.api('/api/events')
    await given.api('/api/dead-letters/redrive', { nonsense: true })
    const { items } = await audit()
    expect(items).toMatchObject([{ operation: 'redrive', outcome: 'refused', status: 400, tenants: [] }])
    expect(items[0]).toMatchObject({ actor: 'admin-token', role: 'admin' })
  })

  test('says what failed, and may have been done', async () => {
    const id = await given.seed({ key: 'k' })
    const refusing = {
      send: () => Promise.reject(new Error('down')),
      sendText: () => Promise.reject(new Error('down')),
    }
    const app = await givenAdmin(tables, { clock, changes: { bulk: refusing, history: given.history } })
    await app.api(`/api/events/${id}/replay`, {})
    const { items } = await page(app.api('/api/audit'))
    expect(items).toMatchObject([{ outcome: 'failed', status: 503, tenants: ['default'] }])
  })

  test('is not done where no row can be written', async () => {
    const id = await given.seed({ key: 'k' })
    broken = 'PutItemCommand'
    const response = await given.api(`/api/events/${id}/replay`, {})
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(given.queued).toEqual([])
  })

  test('is told in the log where its end can not be written, and its row says that nobody knows', async () => {
    const id = await given.seed({ key: 'k' })
    broken = 'UpdateItemCommand'
    expect((await given.api(`/api/events/${id}/replay`, {})).status).toBe(202)
    const line = given.lines.find((each) => each.includes('stands in no audit row')) ?? ''
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      operation: 'replayEvent',
      outcome: 'done',
      status: 202,
    })
    expect((await audit()).items).toMatchObject([{ outcome: 'unknown', status: null, completedAt: null }])
  })

  test('leaves no payload and no secret in its row', async () => {
    const secret = 'sk_canary_4711_abcdefgh'
    const body = { tenant: 'acme', provider: 'stripe', credentials: { key: secret } }
    await given.api('/api/connections', body)
    await given.api('/api/login-links', {})
    const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: given.controlTable }))
    const rows = JSON.stringify(Items.filter(({ pk }) => pk?.S?.startsWith('audit#')))
    expect(rows).toContain('createConnection')
    expect(rows).not.toContain('canary')
    expect(rows).not.toContain('console/login')
  })

  test('keeps its row for 400 days', async () => {
    await given.api('/api/login-links', {})
    const query = new QueryCommand({
      TableName: given.controlTable,
      KeyConditionExpression: 'pk = :month',
      ExpressionAttributeValues: {
        ':month': { S: `audit#${new Date(clock.now()).toISOString().slice(0, 7)}` },
      },
    })
    const { Items = [] } = await tables.client.send(query)
    expect(Items.map(({ expireAt }) => Number(expireAt?.N))).toEqual([
      Math.floor((clock.now() + days(400)) / 1_000),
    ])
  })
})

describe('the console', () => {
  /** Signs in by a link. */
  const signIn = async (): Promise<void> => {
    const { url } = (await (await given.api('/api/login-links', {})).json()) as { url: string }
    await given.app.request(url)
  }
  test('leaves a row of each form, also of one that refused', async () => {
    const id = await given.seed({ key: 'k', tenant: 'acme' })
    await signIn()
    const { press } = consoleSession(given)
    await press(`/console/events/${id}/replay`)
    await press('/console/dead-letters/redrive')
    await press('/console/polls/run', { id: 'x' })
    await press('/console/something/new')
    await press('/console/logout')
    const rows = (await audit()).items.filter(({ via }) => via === 'console')
    const facts = rows.map(({ operation, outcome, target, tenants }) => [operation, outcome, target, tenants])
    expect(facts).toHaveLength(6)
    expect(facts).toEqual(
      expect.arrayContaining([
        ['signIn', 'done', {}, []],
        ['replayEvent', 'done', { id }, ['acme']],
        ['redrive', 'refused', {}, []],
        ['runPoll', 'refused', {}, []],
        ['form', 'refused', { path: '/console/something/new' }, []],
        ['signOut', 'done', {}, []],
      ]),
    )
  })

  test('leaves no row of what comes without a session or from another page', async () => {
    await signIn()
    const { press } = consoleSession(given)
    await press('/console/dead-letters/redrive', {}, { cookie: '' })
    await press('/console/logout', {}, { origin: 'https://evil.example' })
    const rows = (await audit()).items.filter(({ via }) => via === 'console')
    expect(rows.map(({ operation }) => operation)).toEqual(['signIn'])
  })
})

describe('GET /api/audit', () => {
  test('is in order, a page at a time, through the months', async () => {
    const ids: string[] = []
    for (const each of ['a', 'b', 'c', 'd', 'e']) {
      const id = await given.seed({ key: each })
      ids.unshift(id)
      await given.api(`/api/events/${id}/replay`, {})
      await clock.advance(days(20))
    }
    const since = new Date(clock.now() - days(399)).toISOString()
    const seen: (string | undefined)[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const found: Page = await audit(`?limit=2&since=${since}${cursor && `&cursor=${cursor}`}`)
      expect(found.items.length).toBeLessThanOrEqual(2)
      seen.push(...found.items.map(({ target }) => target['id']))
      cursor = found.cursor
    }
    expect(seen).toEqual(ids)
  })

  test('shows the last week, or what is asked for', async () => {
    await given.api('/api/login-links', {})
    const at = new Date(clock.now()).toISOString()
    await clock.advance(days(8))
    expect((await audit()).items).toEqual([])
    expect((await audit(`?since=${at}`)).items).toHaveLength(1)
    expect((await audit(`?until=${at}`)).items).toHaveLength(1)
    const after = new Date(Date.parse(at) + 1).toISOString()
    expect((await audit(`?since=${after}`)).items).toEqual([])
    expect((await audit(`?since=${at}&until=2020-01-01T00:00:00Z`)).items).toEqual([])
  })

  test('finds by actor and by tenant', async () => {
    const id = await given.seed({ key: 'k', tenant: 'acme' })
    await as(await person('operator', ['acme'], 'bob'), `/api/events/${id}/replay`, {})
    await given.api('/api/login-links', {})
    const operations = async (query: string): Promise<string[]> =>
      (await audit(query)).items.map(({ operation }) => operation)
    expect(await operations('?actor=person:bob')).toEqual(['replayEvent'])
    expect(await operations('?actor=admin-token')).toEqual(['createLoginLink'])
    expect(await operations('?tenant=acme')).toEqual(['replayEvent'])
    expect(await operations('?tenant=globex')).toEqual([])
  })

  test("B079: shows who may see some tenants what was done to those, and no other tenant's name", async () => {
    const acme = await given.seed({ key: 'a', tenant: 'acme', status: 'dead' })
    const globex = await given.seed({ key: 'g', tenant: 'globex', status: 'dead' })
    await given.api('/api/dead-letters/redrive', { ids: [acme, globex] })
    await given.api(`/api/events/${globex}/replay`, {})
    await given.api('/api/login-links', {})
    const token = await person('viewer', ['acme'])
    const own = await page(as(token, '/api/audit'))
    expect(own.items).toMatchObject([{ operation: 'redrive', tenants: ['acme'] }])
    expect(JSON.stringify(own)).not.toContain('globex')
    expect((await page(as(token, '/api/audit?tenant=globex'))).items).toEqual([])
    expect((await page(as(await person('viewer', []), '/api/audit'))).items).toEqual([])
  })

  test("who tried another's things leaves a row that is not the other's", async () => {
    const globex = await given.seed({ key: 'g', tenant: 'globex' })
    const eve = await person('operator', ['acme'], 'eve')
    await as(eve, `/api/events/${globex}/replay`, {})
    await as(eve, `/api/connections/conn_${'x'.repeat(32)}/refresh?tenant=globex`, {})
    await as(eve, '/api/connect-links', { tenant: 'globex', provider: 'sandbox' })
    expect((await page(as(await person('viewer', ['globex']), '/api/audit'))).items).toEqual([])
    const seen = { actor: 'person:eve', outcome: 'refused', status: 404, tenants: [] }
    expect((await audit()).items).toMatchObject([seen, seen, seen])
  })

  test('B083: a cursor that was edited, of another filter, or of yesterday is refused', async () => {
    for (const each of ['a', 'b'])
      await given.api(`/api/events/${await given.seed({ key: each })}/replay`, {})
    const { cursor } = await audit('?limit=1')
    const status = async (query: string): Promise<number> => (await given.api(`/api/audit${query}`)).status
    expect(await status(`?limit=1&cursor=${cursor}`)).toBe(200)
    expect(await status(`?limit=1&cursor=${cursor}x`)).toBe(400)
    expect(await status(`?limit=1&actor=person:ada&cursor=${cursor}`)).toBe(400)
    await clock.advance(days(1) + 1)
    expect(await status(`?limit=1&cursor=${cursor}`)).toBe(400)
  })
})
