import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '#lib/access/caller.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { consoleSession } from '../../fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'

let tables: Tables
let given: GivenAdmin
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
})
afterAll(() => tables.close())

const viewer: Caller = { role: 'viewer', tenants: 'all', actor: 'person:kim' }
const operatorOf = (...tenants: readonly string[]): Caller => ({
  role: 'operator',
  tenants,
  actor: 'person:lee',
})
const streamOf = (tenant: string) => ({
  connection: `conn_${tenant.padEnd(32, '0')}`,
  stream: 'events',
})
const addPoll = async (tenant: string): Promise<string> => {
  const id = streamOf(tenant)
  await dynamoPolls({ client: tables.client, table: given.connectionsTable, clock: given.deps.clock }).create(
    { ...id, tenant, provider: 'stripe', endpoint: 'stripe', phase: phaseFor(id, 5), createdAt: 0 as never },
  )
  return `${id.connection}:${id.stream}`
}

/** Every page of the console, with something on it. A new page that is not named here fails the test below. */
async function pages(): Promise<ReadonlyMap<string, string>> {
  const dead = await given.seed({ key: 'dead', status: 'dead', tenant: 'acme' })
  await addPoll('acme')
  return new Map([
    ['/console', '/console'],
    ['/console/events/:id', `/console/events/${dead}`],
    ['/console/dead-letters', '/console/dead-letters'],
    ['/console/polls', '/console/polls'],
  ])
}
/** Addresses that are no pages for someone who has signed in. */
const noPages = /^\/console\/(assets\/.*|login|sign-in|callback|signed-out|live|\*)$/
const formsIn = (html: string): readonly string[] =>
  [...html.matchAll(/<form method="post"[^>]*>[^]*?<\/form>/g)].map(([form]) => form)

describe('B082: a form', () => {
  test('on whatever page carries the token of its session', async () => {
    const session = consoleSession(given)
    const known = await pages()
    const routes = given.app.routes
      .filter(({ method, path }) => method === 'GET' && path.startsWith('/console'))
      .map(({ path }) => path.replace(/(?<=.)\/$/, ''))
    for (const route of routes.filter((path) => !noPages.test(path))) {
      const path = known.get(route)
      expect(path, `${route} is not among the pages of this test`).toBeDefined()
      const html = await (await session.visit(path ?? '')).text()
      const forms = formsIn(html)
      expect(html.match(/<form(?![^>]*method="get")/g)).toHaveLength(forms.length)
      expect(forms.length, route).toBeGreaterThan(0)
      for (const form of forms) expect(form, route).toContain(`name="csrf" value="${session.csrf}"`)
    }
  })

  test.each([
    ['none', () => ''],
    ["another session's", () => consoleSession(given).csrf],
    ['an edited one', (own: string) => own.replace(/(?<=\.)./, (first) => (first === 'A' ? 'B' : 'A'))],
  ])('with %s does nothing', async (_, token) => {
    const session = consoleSession(given)
    const id = await given.seed({ key: 'k', status: 'dead' })
    const csrf = token(session.csrf)
    const paths = [`/console/events/${id}/replay`, '/console/dead-letters/redrive', '/console/logout']
    for (const path of paths) {
      const response = await session.press(path, { csrf, ids: id })
      expect(response.status).toBe(403)
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(given.queued).toEqual([])
  })
})

describe('B080: a viewer', () => {
  test('sees everything, and no form but the one to sign out', async () => {
    const session = consoleSession(given, viewer)
    for (const path of (await pages()).values()) {
      const response = await session.visit(path)
      const html = await response.text()
      expect(response.status, path).toBe(200)
      expect(formsIn(html).map((form) => /action="([^"]+)"/.exec(form)?.[1])).toEqual(['/console/logout'])
      expect(html).not.toContain('type="checkbox"')
    }
    expect(await (await session.visit('/console/dead-letters')).text()).toContain('invoice.paid')
  })

  test('can send none either', async () => {
    const session = consoleSession(given, viewer)
    const id = await given.seed({ key: 'k', status: 'dead' })
    const poll = await addPoll('acme')
    const refused = [
      await session.press(`/console/events/${id}/replay`),
      await session.press('/console/dead-letters/redrive', { ids: id }),
      await session.press('/console/polls/run', { id: poll }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
    expect(await refused[0]?.text()).toContain('takes the role operator')
    expect([given.queued, given.polled]).toEqual([[], []])
    expect((await session.press('/console/logout')).status).toBe(303)
  })
})

describe('a session for some tenants', () => {
  test('sees theirs alone, on every page', async () => {
    const own = await given.seed({ key: 'a', tenant: 'acme', status: 'dead', type: 'of.acme' })
    const other = await given.seed({ key: 'b', tenant: 'umbrella', status: 'dead', type: 'of.umbrella' })
    await Promise.all(['acme', 'umbrella'].map(addPoll))
    const session = consoleSession(given, operatorOf('acme'))
    for (const path of ['/console', '/console/dead-letters', '/console/polls', '/console?tenant=umbrella']) {
      const html = (await (await session.visit(path)).text()).replace(
        /<form class="filters"[^]*?<\/form>/,
        '',
      )
      expect(html, path).not.toContain('umbrella')
      if (!path.includes('?')) expect(html, path).toContain('acme')
    }
    expect((await session.visit(`/console/events/${own}`)).status).toBe(200)
    expect((await session.visit(`/console/events/${other}`)).status).toBe(404)
  })

  test("touches nothing of another's", async () => {
    const other = await given.seed({ key: 'b', tenant: 'umbrella', status: 'dead' })
    const poll = await addPoll('umbrella')
    const session = consoleSession(given, operatorOf('acme'))
    const answers = [
      await session.press(`/console/events/${other}/replay`),
      await session.press('/console/dead-letters/redrive', { ids: other }),
      await session.press('/console/polls/run', { id: poll }),
    ]
    expect(answers.map(({ headers }) => headers.get('location'))).toEqual([
      `/console/events/${other}?refused=not_found`,
      '/console/dead-letters?redriven=0&others=1',
      '/console/polls?refused=run',
    ])
    expect([given.queued, given.polled]).toEqual([[], []])
  })

  test('is told the addresses of its own endpoints only', async () => {
    const html = await (await consoleSession(given, operatorOf('acme')).visit('/console')).text()
    expect(html).not.toContain('/webhooks/stripe')
    expect(await (await consoleSession(given).visit('/console')).text()).toContain('/webhooks/stripe')
  })
})
