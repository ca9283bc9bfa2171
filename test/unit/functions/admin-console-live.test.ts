import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Caller } from '#lib/access/caller.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { consoleSession, type ConsoleSession } from '../../fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
let clock: VirtualClock
let given: GivenAdmin
let session: ConsoleSession
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  clock = virtualClock()
  given = await givenAdmin(tables, { clock })
  session = consoleSession(given)
})
afterAll(() => tables.close())

interface Turn {
  readonly status: number
  readonly events: readonly string[]
  readonly text: string
  readonly id: string
  readonly retry: number
}

/** One turn of the updates of a page, after the one with this id. */
async function turn(page: string, kind: string, last = '', as = session): Promise<Turn> {
  const query = new URLSearchParams({ kind, page })
  const response = await given.app.request(`https://sluice.test/console/live?${query.toString()}`, {
    headers: { cookie: as.cookie, ...(last && { 'last-event-id': last }) },
  })
  const text = await response.text()
  return {
    status: response.status,
    events: [...text.matchAll(/^event: (\w+)$/gm)].flatMap(([, name]) => name ?? []),
    text,
    id: /^id: (.+)$/m.exec(text)?.[1] ?? '',
    retry: Number(/^retry: (\d+)$/m.exec(text)?.[1]),
  }
}
/** So many turns; answers the last. */
async function turns(count: number, from: Turn, page = '/console/events', kind = 'rows'): Promise<Turn> {
  let last = from
  for (let index = 0; index < count; index += 1) last = await turn(page, kind, last.id)
  return last
}

test('the first turn brings the page and the count of dead letters, the next only what is new', async () => {
  await given.seed({ key: 'a', status: 'dead', type: 'type.a' })
  const first = await turn('/console/events', 'rows')
  expect(first.events).toEqual(['whole', 'count', 'turn'])
  expect(first.text).toContain('type.a')
  expect(first.text).toContain('event: count\ndata: 1\n')
  const quiet = await turns(2, first)
  expect(quiet.events).toEqual(['turn'])
  expect(quiet.text.length).toBeLessThan(150)

  await given.seed({ key: 'b', type: 'type.b' })
  const next = await turn('/console/events', 'rows', quiet.id)
  expect(next.events).toEqual(['recent', 'turn'])
  expect(next.text).toContain('type.b')
})

test('time that passes is no change', async () => {
  await given.seed({ key: 'a' })
  const quiet = await turns(2, await turn('/console/events', 'rows'))
  await clock.advance(minutes(3))
  expect((await turn('/console/events', 'rows', quiet.id)).events).toEqual(['turn'])
})

test('a browser waits longer the longer nothing changes, and not when something has', async () => {
  const first = await turn('/console/events', 'rows')
  expect(first.retry).toBe(2_000)
  const idle = await turns(14, first)
  expect(idle.retry).toBe(5_000)
  const longIdle = await turns(25, idle)
  expect(longIdle.retry).toBe(15_000)
  await given.seed({ key: 'a' })
  expect((await turn('/console/events', 'rows', longIdle.id)).retry).toBe(2_000)
})

test('a page that takes much reading is looked at no more often than every half minute', async () => {
  const first = await turn('/console', 'slow')
  expect([first.events, first.retry]).toEqual([['whole', 'count', 'turn'], 30_000])
  await given.seed({ key: 'a' })
  const next = await turn('/console', 'slow', first.id)
  expect([next.events, next.retry]).toEqual([['whole', 'turn'], 30_000])
})

test('a page that settles says so once it has', async () => {
  const id = await given.seed({ key: 'a', status: 'retry' })
  const first = await turn(`/console/events/${id}`, 'page')
  expect(first.events).toEqual(['whole', 'count', 'turn'])
  await given.seed({ key: 'a', status: 'done' })
  expect((await turn(`/console/events/${id}`, 'page', first.id)).events).toEqual(['whole', 'end', 'turn'])
})

test('each line of what a sender wrote is data, never an event or an id', async () => {
  await given.seed({ key: 'a', type: 'x\n\nevent: end\ndata: y\n\nid: evil\r\rretry: 1' })
  const { events, id, retry } = await turn('/console/events', 'rows')
  expect(events).toEqual(['whole', 'count', 'turn'])
  expect([id.startsWith('1.0.'), retry]).toEqual([true, 2_000])
})

test('updates are of this console, of this session, and of nobody without one', async () => {
  await given.seed({ key: 'a', tenant: 'acme', type: 'of.acme', status: 'dead' })
  await given.seed({ key: 'b', tenant: 'umbrella', type: 'of.umbrella', status: 'dead' })
  const viewer: Caller = { role: 'viewer', tenants: ['acme'], actor: 'person:kim' }
  const scoped = await turn('/console/events', 'rows', '', consoleSession(given, viewer))
  expect(scoped.text).toContain('of.acme')
  expect(scoped.text).not.toContain('umbrella')
  expect(scoped.text).toContain('event: count\ndata: 1\n')
  for (const page of [
    'https://evil.test/console',
    '//evil.test/console',
    '/api/events',
    '/console/live?page=/console',
    '/console/../api/events',
    '/health',
    '',
  ])
    expect((await turn(page, 'rows')).status, page).toBe(404)
  expect((await turn('/console/events?cursor=x', 'rows')).status).toBe(204)
  expect((await given.app.request('https://sluice.test/console/live?kind=rows&page=/console')).status).toBe(
    401,
  )
})

test('an id that someone made up is as good as none', async () => {
  for (const id of ['x', '1', '1.2.3.4', `9999999999.0.-.-`, '-1.0.-.-'])
    expect((await turn('/console/events', 'rows', id)).id).toMatch(/^1\./)
})

test('a page that shows nothing live still counts dead letters, once a minute', async () => {
  await given.seed({ key: 'a', status: 'dead' })
  const { events, retry } = await turn('', 'count')
  expect([events, retry]).toEqual([['count', 'turn'], 60_000])
})
