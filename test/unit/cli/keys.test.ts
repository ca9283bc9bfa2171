import { describe, expect, test } from 'vitest'
import type { Io } from '#cli/io.ts'
import { givenShell, loopback, type Reply } from './given.ts'

interface Tenant {
  keys: number
  task: 'rewrap' | 'shred' | null
  rewrappedAt: string | null
}
interface Account {
  readonly id: string
  readonly tenant: string
  status: string
  refreshAt: string | null
}

const idOf = (name: string): string => `conn_${name.padEnd(32, 'x')}`
const notFound: Reply = { status: 404, body: { code: 'not_found', title: 'Not found', detail: 'No keys.' } }
const onTerminal = { input: true, output: true, errors: true, columns: 80, color: false }

/** An API over two tenants whose refresher works every few questions, unless it is dead. */
async function given(options: { readonly change?: Partial<Io>; readonly refresherDied?: boolean } = {}) {
  const tenants = new Map<string, Tenant>([
    ['acme', { keys: 2, task: null, rewrappedAt: null }],
    ['globex', { keys: 1, task: null, rewrappedAt: '2026-01-01T00:00:00.000Z' }],
  ])
  const accounts: Account[] = [
    { id: idOf('a'), tenant: 'acme', status: 'active', refreshAt: '2026-11-21T09:00:00.000Z' },
    { id: idOf('b'), tenant: 'acme', status: 'deleted', refreshAt: null },
    { id: idOf('c'), tenant: 'globex', status: 'active', refreshAt: null },
    { id: idOf('d'), tenant: 'shredded-before', status: 'deleted', refreshAt: null },
  ]
  let questions = 0
  const refresherWorks = (): void => {
    if (options.refresherDied || (questions += 1) % 3 !== 0) return
    for (const account of accounts) if (account.status === 'deleted') account.refreshAt = null
    for (const [name, tenant] of tenants) {
      if (tenant.task === 'shred') tenants.delete(name)
      else if (tenant.task === 'rewrap')
        tenants.set(name, { ...tenant, task: null, rewrappedAt: '2026-11-21T08:00:00.000Z' })
    }
  }
  const server = await loopback(({ method, path }) => {
    refresherWorks()
    const { pathname, searchParams } = new URL(path, 'http://x')
    const [, , what, id = '', more] = pathname.split('/')
    if (what === 'connections') {
      const account = accounts.find((each) => each.id === id)
      if (method === 'DELETE' && account)
        Object.assign(account, { status: 'deleted', refreshAt: '2026-11-21T08:00:00.000Z' })
      if (account) return { body: account }
      const tenant = searchParams.get('tenant')
      return { body: { items: accounts.filter((each) => !tenant || each.tenant === tenant), cursor: null } }
    }
    const tenant = tenants.get(id)
    if (!tenant || more !== 'keys') return notFound
    if (method === 'GET') return { body: { tenant: id, ...tenant } }
    tenant.task = method === 'DELETE' ? 'shred' : 'rewrap'
    return { status: 202, body: { tenant: id, status: 'scheduled' } }
  })
  const shell = givenShell(options)
  shell.stackAt(server.url)
  return { ...shell, tenants, accounts, server }
}

describe('keys rewrap', () => {
  test('wraps the keys of everyone who has some, and waits until it is done', async () => {
    const { sluice } = await given()
    const { code, out } = await sluice('keys', 'rewrap', '--json')
    expect(code).toBe(0)
    const at = '2026-11-21T08:00:00.000Z'
    expect(JSON.parse(out)).toEqual({
      items: [
        { tenant: 'acme', keys: 2, rewrappedAt: at, result: 'rewrapped' },
        { tenant: 'globex', keys: 1, rewrappedAt: at, result: 'rewrapped' },
      ],
      cursor: null,
    })
  })

  test('of one tenant touches no other', async () => {
    const { sluice, tenants } = await given()
    const { code, out } = await sluice('keys', 'rewrap', '--tenant', 'acme')
    expect([code, out]).toEqual([0, '✓ 2 keys of 1 tenant wrapped anew\n'])
    expect(tenants.get('globex')?.rewrappedAt).toBe('2026-01-01T00:00:00.000Z')
  })

  test('shows how far it is, on a terminal', async () => {
    const { sluice } = await given({ change: { terminal: onTerminal } })
    const { err } = await sluice('keys', 'rewrap')
    expect(err).toContain('1/2 tenants')
  })

  test('of a tenant that has none says so', async () => {
    const { sluice } = await given()
    const { code, err } = await sluice('keys', 'rewrap', '--tenant', 'nobody')
    expect(code).toBe(1)
    expect(err).toContain('404 Not found: No keys.')
  })

  test('gives up on a refresher that does nothing, and names whose keys wait', async () => {
    const { sluice } = await given({ refresherDied: true })
    const { code, out } = await sluice('keys', 'rewrap')
    expect(code).toBe(1)
    expect(out).toContain('acme waits still')
    expect(out).toContain('0 keys of 0 tenants')
  })
})

describe('tenants shred', () => {
  test('gives every account back, then destroys the keys', async () => {
    const { sluice, tenants, accounts, server } = await given()
    const { code, out } = await sluice('tenants', 'shred', 'acme', '--yes', '--json')
    expect(code).toBe(0)
    const told = { tenant: 'acme', status: 'shredded', keys: 2, connections: 2, notGivenBack: 0 }
    expect(JSON.parse(out)).toEqual(told)
    expect(tenants.has('acme')).toBe(false)
    expect(accounts.map(({ status }) => status)).toEqual(['deleted', 'deleted', 'active', 'deleted'])
    const deletes = server.received.filter(({ method }) => method === 'DELETE').map(({ path }) => path)
    expect(deletes).toEqual([`/api/connections/${idOf('a')}?tenant=acme`, '/api/tenants/acme/keys'])
  })

  test.each(['globex', '', undefined])('does nothing when %j is typed as the name', async (typed) => {
    const { sluice, server } = await given({ change: { terminal: onTerminal, ask: async () => typed } })
    const { code, err } = await sluice('tenants', 'shred', 'acme')
    expect(code).toBe(1)
    expect(err).toContain('This can not be undone. 1 connection of acme will be deleted')
    expect(server.received.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  test('goes on when the name is typed again', async () => {
    const { sluice, tenants } = await given({ change: { terminal: onTerminal, ask: async () => 'acme' } })
    const { code, out } = await sluice('tenants', 'shred', 'acme')
    expect(code).toBe(0)
    expect(out).toBe('✓ acme is shredded: 2 keys destroyed\n')
    expect(tenants.has('acme')).toBe(false)
  })

  test('wants --yes where nobody can be asked', async () => {
    const { sluice, server } = await given()
    const { code, err } = await sluice('tenants', 'shred', 'acme')
    expect(code).toBe(2)
    expect(err).toContain('say --yes')
    expect(server.received.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  test('leaves the keys where they are while tokens have not gone back', async () => {
    const { sluice, tenants } = await given({ refresherDied: true })
    const { code, err } = await sluice('tenants', 'shred', 'acme', '--yes')
    expect(code).toBe(1)
    expect(err).toContain('1 connection could not be given back yet, so the keys are still there')
    expect(tenants.get('acme')?.task).toBeNull()
  })

  test('--now does not wait for that, and says what was left', async () => {
    const { sluice, tenants } = await given()
    const { code, out } = await sluice('tenants', 'shred', 'acme', '--yes', '--now', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ status: 'shredded' })
    expect(tenants.has('acme')).toBe(false)
  })
})
