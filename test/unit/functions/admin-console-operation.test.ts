import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '#lib/access/caller.ts'
import { opened, defaultBreaker } from '#lib/outbound/breaker-standing.ts'
import { epochMs, hours, iso, later, minutes } from '#lib/primitives/clock.ts'
import type { MetricReader } from '#lib/telemetry/metric-reader.ts'
import { consoleSession, type ConsoleSession } from '#test/fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
let given: GivenAdmin
let session: ConsoleSession
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
  session = consoleSession(given)
})
afterAll(() => tables.close())

const acme: Caller = { role: 'admin', tenants: ['acme'], actor: 'person:lee' }
const textOf = async (path: string, as = session): Promise<string> => (await as.visit(path)).text()
const sentTo = async (path: string, fields: Record<string, string> = {}): Promise<string | null> =>
  (await session.press(path, fields)).headers.get('location')

async function openBreaker(id: string, by: string): Promise<void> {
  const { clock, random, breakers } = given.deps
  const { standing } = await breakers.read(id)
  const now = { earliest: clock.now(), latest: clock.now() }
  await breakers.swap(id, standing, opened(standing, { by, now, random, policy: defaultBreaker }))
}

describe('the limits', () => {
  test('a breaker is reset as it was seen, and no later opening of it', async () => {
    await openBreaker('stripe', 'first')
    const html = await textOf('/console/limits')
    expect(html).toContain('action="/console/breakers/stripe/reset"')
    expect(html).toContain('name="version" value="first"')
    expect(await sentTo('/console/breakers/stripe/reset', { version: 'other' })).toContain('refused=moved')
    expect(await sentTo('/console/breakers/stripe/reset')).toContain('refused=moved')
    expect((await given.deps.breakers.read('stripe')).standing.state).toBe('open')

    expect(await sentTo('/console/breakers/stripe/reset', { version: 'first' })).toBe(
      '/console/limits?did=reset',
    )
    expect((await given.deps.breakers.read('stripe')).standing.state).toBe('closed')
    expect(await sentTo('/console/breakers/nobody/reset')).toContain('refused=unknown')
    expect(await textOf('/console/limits')).not.toContain('/reset"')
  })

  test('who sees some tenants finds no button to reset', async () => {
    await openBreaker('stripe', 'first')
    const html = await textOf('/console/limits', consoleSession(given, acme))
    expect(html).toContain('stripe')
    expect(html).not.toContain('/reset"')
  })

  test('a place that is none leads to the first page', async () => {
    expect((await session.visit('/console/limits?cursor=x')).headers.get('location')).toBe('/console/limits')
    expect((await session.visit('/console/audit?cursor=x')).headers.get('location')).toBe('/console/audit')
  })
})

describe('a replay', () => {
  const since = (): string => iso(later(given.deps.clock.now(), 0 - hours(2)))

  test('is planned first, and what the plan names is what is begun', async () => {
    await given.seed({ key: 'a', tenant: 'acme', status: 'dead', age: hours(1) })
    await given.seed({ key: 'b', tenant: 'acme', age: hours(1) })
    const wish = {
      tenant: 'acme',
      since: since().slice(0, 16),
      type: 'invoice.*',
      rate: '7',
      mode: 'same-key',
    }
    const html = await (await session.press('/console/replays/plan', wish)).text()
    expect(html).toContain('Replay 1 events?')
    expect(given.replayJobs).toEqual([])
    const dialog = /<dialog id="start"[^]*?<\/dialog>/.exec(html)?.[0] ?? ''
    const fields = Object.fromEntries(
      [...dialog.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    )
    expect(await sentTo('/console/replays', fields)).toBe('/console/replays?did=start')
    const [replay] = await given.deps.replaying.replays.list()
    expect(replay).toMatchObject({ tenant: 'acme', rate: 7, planned: 2, filter: { type: 'invoice.*' } })
    expect(given.replayJobs).toHaveLength(1)
    expect(await sentTo('/console/replays', fields)).toBe('/console/replays?refused=taken')
  })

  test.each([
    [{ since: '' }, 'Say from when on.'],
    [{ until: 'later' }, 'The end is no time.'],
    [{ tenant: '' }, 'Name a tenant.'],
    [{ rate: '1000' }, 'The most a second is'],
    [{ rate: 'many' }, 'The most a second is'],
    [{ until: '2199-01-01T00:00' }, 'The end must not be in the future.'],
    [{ status: 'lost' }, 'The form is not as it should be.'],
  ])('is not planned from %j, and the form keeps what it held', async (wrong, why) => {
    const wish = { tenant: 'acme', since: since().slice(0, 16), provider: 'stripe', ...wrong }
    const html = await (await session.press('/console/replays/plan', wish)).text()
    expect(html).toContain(why)
    expect(html).not.toContain('nothing is queued yet')
    expect(html).toContain('<option value="stripe" selected="">')
    expect(await sentTo('/console/replays', { ...wish, since: 'x' })).toBe('/console/replays?refused=form')
  })

  test('is paused, goes on and is cancelled; what is over stays so', async () => {
    await sentTo('/console/replays', { tenant: 'acme', since: since() })
    const [{ id } = { id: '' }] = await given.deps.replaying.replays.list()
    const at = (action: string) => sentTo(`/console/replays/${id}/${action}`)
    expect(await at('pause')).toBe('/console/replays?did=pause')
    expect(await textOf('/console/replays')).toContain(`${id}/resume"`)
    expect(await at('resume')).toBe('/console/replays?did=resume')
    expect(await at('cancel')).toBe('/console/replays?did=cancel')
    expect(await at('resume')).toBe('/console/replays?refused=ended')
    expect(await textOf('/console/replays?refused=ended')).toContain('This replay is over.')
  })
})

describe('the audit', () => {
  test('names the operations of forms, on what and whose', async () => {
    await given.seed({ key: 'a', tenant: 'acme', status: 'dead' })
    await session.press('/console/replays/plan', {
      tenant: 'acme',
      since: iso(later(given.deps.clock.now(), 0 - hours(2))).slice(0, 16),
    })
    await session.press('/console/breakers/stripe/reset')
    const id = `conn_${'x'.repeat(32)}`
    await session.press(`/console/connections/${id}/delete`, { tenant: 'acme' })
    const html = await textOf('/console/audit')
    for (const text of ['planReplay', 'resetBreaker', 'deleteConnection', id, 'admin-token', 'acme'])
      expect(html).toContain(text)
    expect(await textOf('/console/audit?actor=person:kim')).toContain('Nothing was done that this admits.')
    expect(await textOf('/console/audit?tenant=acme')).not.toContain('resetBreaker')
    expect(await textOf('/console/audit?until=2026-01-01T00:00')).not.toContain('resetBreaker')
  })
})

describe('the overview', () => {
  const reading = (read: MetricReader['read']) =>
    givenAdmin(tables, { clock, changes: { metricReader: { read } } })
  const clock = virtualClock()
  const point = { at: epochMs(clock.now() - minutes(90)), value: 26 }

  test('tells of 429s and breakers, also of a provider that is only called', async () => {
    given = await reading(async () => [{ id: 'throttled', provider: 'slack', points: [point] }])
    await openBreaker('github', 'first')
    const html = await textOf('/console', consoleSession(given))
    expect(html).toContain('The breaker of github is open')
    expect(html).toMatch(/Answers 429<\/span><b[^>]*>26</)
    const scoped = await textOf('/console', consoleSession(given, acme))
    expect(scoped).not.toContain('github')
    expect(scoped).not.toContain('slack')
  })

  test('asks once a minute, however often it is looked at', async () => {
    let asked = 0
    given = await reading(async () => {
      asked += 1
      return []
    })
    const looker = consoleSession(given)
    await textOf('/console', looker)
    await textOf('/console', looker)
    expect(asked).toBe(1)
    await clock.advance(minutes(2))
    await textOf('/console', looker)
    expect(asked).toBe(2)
  })

  test.each([
    ['fail', () => Promise.reject(new Error('down'))],
    ['never come', () => new Promise<never>(() => undefined)],
  ])('says that it is not measured where metrics %s', async (_, read) => {
    given = await reading(read)
    await given.seed({ key: 'a' })
    const answer = textOf('/console', consoleSession(given))
    const html = await Promise.race([answer, advancing()])
    expect(html).toContain('not measured')
    expect(html).toContain('stripe')
    expect(given.lines.join()).toContain('could not be measured')
  })
  /** Lets time pass until someone else is done. */
  async function advancing(): Promise<string> {
    for (let turns = 0; turns < 500; turns += 1) {
      await clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return new Promise<string>(() => undefined)
  }
})
