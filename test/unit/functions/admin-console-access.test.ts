import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '#lib/access/caller.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { hours, iso, later } from '#lib/primitives/clock.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { formAt } from '#functions/admin/console/form-operations.ts'
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

const addConnection = async (tenant: string, account = `of.${tenant}`): Promise<string> => {
  const id = connectionId(tenant, 'sandbox', account)
  const now = given.deps.clock.now()
  const times = { connectedAt: now, obtainedAt: now }
  const whole = {
    id,
    tenant,
    provider: 'sandbox',
    account,
    state: 'active',
    scopes: ['read'],
    ...times,
  } as const
  await given.deps.vault.connect({ ...whole, tokens: new Uint8Array([1]) }, 'owner')
  return id
}
/** Leaves a row of the audit as well. */
const addReplay = async (tenant: string): Promise<string> => {
  const since = iso(later(given.deps.clock.now(), 0 - hours(1)))
  const answer = await consoleSession(given).press('/console/replays', { tenant, since })
  expect(answer.headers.get('location')).toBe('/console/replays?did=start')
  const all = await given.deps.replaying.replays.list()
  return all.find((each) => each.tenant === tenant)?.id ?? ''
}

/** Every page of the console, with something on it. A new page that is not named here fails the test below. */
async function pages(tenant = 'acme'): Promise<ReadonlyMap<string, string>> {
  const dead = await given.seed({ key: `dead of ${tenant}`, status: 'dead', tenant })
  const poll = await addPoll(tenant)
  const connection = await addConnection(tenant)
  await addReplay(tenant)
  return new Map([
    ['/console', '/console'],
    ['/console/events', '/console/events'],
    ['/console/events/:id', `/console/events/${dead}`],
    ['/console/dead-letters', '/console/dead-letters'],
    ['/console/connections', '/console/connections'],
    ['/console/connections/:id', `/console/connections/${connection}?tenant=${tenant}`],
    ['/console/polls', '/console/polls'],
    ['/console/polls/:id', `/console/polls/${poll}`],
    ['/console/replays', '/console/replays'],
    ['/console/limits', '/console/limits'],
    ['/console/audit', '/console/audit'],
  ])
}
interface KnownForm {
  readonly address: string
  readonly fields: Record<string, string>
}
/** Every form of the console but the one to sign out, on things of this tenant. */
async function formsOf(tenant: string): Promise<readonly KnownForm[]> {
  const known = await pages(tenant)
  const idOf = (route: string): string => known.get(route)?.split(/[/?]/)[3] ?? ''
  const [event, poll] = [idOf('/console/events/:id'), idOf('/console/polls/:id')]
  await consoleSession(given).press(`/console/polls/${poll}/backfills`)
  const [backfill] = await given.deps.backfills.list(streamOf(tenant))
  const [replay] = (await given.deps.replaying.replays.list()).filter((each) => each.tenant === tenant)
  const ids: Readonly<Record<string, string | undefined>> = {
    events: event,
    connections: idOf('/console/connections/:id'),
    polls: poll,
    replays: replay?.id,
    breakers: 'stripe',
  }
  const since = iso(later(given.deps.clock.now(), 0 - hours(1)))
  const fieldsFor = (path: string) => ({
    tenant,
    ids: event,
    id: poll,
    since: path.endsWith('/plan') ? since.slice(0, 16) : since,
  })
  return given.app.routes
    .filter(({ method, path }) => method === 'POST' && /^\/console\/(?!logout$)/.test(path))
    .map(({ path }) => {
      const id = ids[path.split('/')[2] ?? ''] ?? 'missing'
      const address = path.replace(':id', id).replace(':backfill', backfill?.id ?? 'missing')
      expect(formAt(address), `${address} has no role and no name`).toBeDefined()
      expect(address).not.toContain('missing')
      return { address, fields: path.endsWith('/backfills') ? {} : fieldsFor(path) }
    })
}
/** What was put on queues, so far. */
const sent = () =>
  [given.queued, given.polled, given.backfillJobs, given.replayJobs].map((each) => each.length)

/** Addresses that are no pages for someone who has signed in. */
const noPages = /^\/console\/(assets\/.*|login|sign-in|callback|signed-out|live|\*)$/
/** Pages that say nothing of whose something is. */
const ofNobody = new Set(['/console', '/console/limits'])
const withoutFilters = (html: string): string => html.replaceAll(/<form class="filters"[^]*?<\/form>/g, '')
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
      const actions = formsIn(html).map((form) => /action="([^"]+)"/.exec(form)?.[1])
      expect([...new Set(actions)], path).toEqual(['/console/logout'])
      expect(html, path).not.toContain('popovertarget')
      expect(html).not.toContain('type="checkbox"')
    }
    expect(await (await session.visit('/console/dead-letters')).text()).toContain('invoice.paid')
  })

  test('can send none either', async () => {
    const session = consoleSession(given, viewer)
    const forms = await formsOf('acme')
    const before = sent()
    for (const { address, fields } of forms) {
      const answer = await session.press(address, fields)
      expect(answer.status, address).toBe(403)
      const role = address.endsWith('/delete') ? 'admin' : 'operator'
      expect(await answer.text()).toContain(`takes the role ${role}`)
    }
    expect(sent()).toEqual(before)
    expect((await session.press('/console/logout')).status).toBe(303)
  })
})

test('deleting a connection takes an admin, and its button is shown to none else', async () => {
  const path = `/console/connections/${await addConnection('acme')}`
  const operator = consoleSession(given, { ...viewer, role: 'operator' })
  const admin = consoleSession(given, { ...viewer, role: 'admin' })
  const actions = async (session: typeof admin) =>
    formsIn(await (await session.visit(`${path}?tenant=acme`)).text()).join()
  expect(await actions(operator)).toContain(`${path}/refresh`)
  expect(await actions(operator)).not.toContain(`${path}/delete`)
  expect(await actions(admin)).toContain(`${path}/delete`)
  expect((await operator.press(`${path}/delete`, { tenant: 'acme' })).status).toBe(403)
  expect((await admin.press(`${path}/delete`, { tenant: 'acme' })).status).toBe(303)
})

describe('a session for some tenants', () => {
  test('sees theirs alone, on every page', async () => {
    const [own, others] = [await pages('acme'), await pages('umbrella')]
    const session = consoleSession(given, operatorOf('acme'))
    for (const [route, path] of own) {
      const answer = await session.visit(path)
      expect(answer.status, path).toBe(200)
      const html = withoutFilters(await answer.text())
      expect(html, path).not.toContain('umbrella')
      if (!ofNobody.has(route)) expect(html, path).toContain('acme')
      const other = others.get(route) ?? ''
      if (other !== path) expect((await session.visit(other)).status, other).toBe(404)
      else
        expect(withoutFilters(await (await session.visit(`${path}?tenant=umbrella`)).text())).not.toContain(
          'umbrella',
        )
    }
  })

  test("touches nothing of another's", async () => {
    const forms = await formsOf('umbrella')
    const before = sent()
    const session = consoleSession(given, { ...operatorOf('acme'), role: 'admin' })
    for (const { address, fields } of forms) {
      const answer = await session.press(address, fields)
      const said = `${answer.status} ${answer.headers.get('location') ?? ''} ${await answer.text()}`
      expect(said, address).toMatch(/^404|refused=|redriven=0|There is no such tenant/)
    }
    expect(sent()).toEqual(before)
  })

  test('is told the addresses of its own endpoints only', async () => {
    const html = await (await consoleSession(given, operatorOf('acme')).visit('/console/events')).text()
    expect(html).not.toContain('/webhooks/stripe')
    expect(await (await consoleSession(given).visit('/console/events')).text()).toContain('/webhooks/stripe')
  })
})
