import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { later } from '#lib/primitives/clock.ts'
import { consoleSession, type ConsoleSession } from '#test/fakes/console-session.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
let given: GivenAdmin
let session: ConsoleSession
const origin = 'https://sluice.test'
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
  session = consoleSession(given)
})
afterAll(() => tables.close())

const polls = () =>
  dynamoPolls({ client: tables.client, table: given.connectionsTable, clock: given.deps.clock })
const id = { connection: `conn_${'0'.repeat(32)}`, stream: 'events' }
const add = async (more: object = {}) =>
  polls().create({
    ...id,
    tenant: 'acme',
    provider: 'stripe',
    endpoint: 'stripe',
    phase: phaseFor(id, 5),
    createdAt: later(given.deps.clock.now(), -240_000),
    ...more,
  })
const visit = (path: string) => session.visit(path)
const press = async (form: Record<string, string>, from = origin) =>
  session.press('/console/polls/run', form, { origin: from })

test('polls are shown with their watermark, lag and what webhooks missed, as text', async () => {
  await add({ watermark: { text: '<b>1780000000</b>', at: 1_780_000_000_000 } })
  const poll = await polls().get(id)
  if (poll) await polls().change(poll, { missed: 4, found: 9, failure: '<script>x</script>' })
  const html = await (await visit('/console/polls')).text()
  for (const part of ['&lt;b&gt;1780000000', '4 min', '&lt;script&gt;', 'acme', id.connection, 'fresh'])
    expect(html).toContain(part)
  expect(html).toMatch(/missed <\/span>\s*<span>4/)
  expect(html).not.toContain('<script>x')
})

test('an empty page says what to do; a filter without a match leads back', async () => {
  expect(await (await visit('/console/polls')).text()).toContain('sluice.config.ts')
  await add()
  expect(await (await visit('/console/polls?tenant=nobody')).text()).toContain('No poll matches')
  expect((await visit('/console/polls?cursor=x')).status).toBe(303)
})

test('a run is queued by its button, from this page alone', async () => {
  await add()
  const name = `${id.connection}:events`
  expect((await press({ id: name }, 'https://evil.test')).status).toBe(403)
  expect((await press({ id: 'nothing' })).headers.get('location')).toBe('/console/polls?refused=run')
  expect(given.polled).toEqual([])
  expect((await press({ id: name })).headers.get('location')).toBe('/console/polls?queued=1')
  expect(given.polled.map(({ urgent, polls: [first] }) => [urgent, first?.stream])).toEqual([
    [true, 'events'],
  ])
})
