import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { storedChanges, type Change } from '#infra/local/sandbox/changes.ts'
import { answerControl } from '#infra/local/sandbox/control.ts'
import { answerFeed } from '#infra/local/sandbox/feed.ts'
import { webhookSender } from '#infra/local/sandbox/webhooks.ts'
import { listen } from '#infra/local/services/aws-json.ts'
import { openState } from '#infra/local/services/state.ts'
import { identify } from '#lib/facts/identity.ts'
import { parseBody } from '#lib/facts/body.ts'
import { epochMs, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { sandbox } from '#lib/providers/sandbox.ts'
import { verify } from '#lib/webhooks/verify.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const secret = new Secret(`whsec_${Buffer.from('a key of the sandbox').toString('base64')}`)

interface Arrived {
  readonly headers: Headers
  readonly body: string
}

/** A sandbox without its OAuth server: tokens are names. What it sends arrives in a list. */
async function given({ accounts = ['alice'], status = 202 } = {}) {
  const state = openState()
  const clock = virtualClock()
  const arrived: Arrived[] = []
  const changes = storedChanges(state, clock)
  const webhooks = webhookSender({
    url: 'http://sluice.test/webhooks/sandbox',
    secret,
    state,
    clock: { ...clock, sleep: (delay) => clock.advance(delay) },
    random: seededRandom(1),
    fetch: async (_, init) => {
      arrived.push({ headers: new Headers(init?.headers), body: init?.body as string })
      return new Response(null, { status })
    },
  })
  const accountOf = async (token: string) => (accounts.includes(token) ? token : undefined)
  const server = createServer((request, response) => {
    const answered = request.url?.startsWith('/control')
      ? answerControl(request, response, { changes, webhooks, accounts: () => accounts })
      : answerFeed(request, response, { changes, accountOf })
    answered.catch(() => response.destroy())
  })
  const { url, close } = await listen(server).then((endpoint) => ({
    url: endpoint.url,
    close: () => endpoint.close(),
  }))
  onTestFinished(async () => {
    webhooks.close()
    await close()
    state.close()
  })
  const control = async (path: string, body?: object, more: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${url}/control${path}`, {
      method: body ? (path === '/faults' ? 'PUT' : 'POST') : 'GET',
      ...(body && { body: JSON.stringify(body) }),
      headers: { ...(body && { 'content-type': 'application/json' }), ...more },
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const feed = async (query: string, token = 'alice') => {
    const answer = await fetch(`${url}/changes?${query}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, body: (await answer.json()) as { changes: Change[]; has_more: boolean } }
  }
  return { clock, arrived, changes, webhooks, control, feed }
}

test('the feed goes on by time and id, over changes that were made at once', async () => {
  const { changes, feed, clock } = await given()
  const at = new Date(clock.now()).toISOString()
  changes.make('alice', 5)
  await clock.advance(ms(1_000))
  changes.make('bob', 1)
  changes.make('alice', 1)
  const first = await feed(`since=${at}&limit=2`)
  expect(first.body).toMatchObject({ has_more: true, changes: [{ changed_at: at }, { changed_at: at }] })
  const seen = first.body.changes.map(({ id }) => id)
  for (let more = true; more;) {
    const page = await feed(`since=${at}&limit=2&after=${seen.at(-1)}`)
    seen.push(...page.body.changes.map(({ id }) => id))
    more = page.body.has_more
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 7].map((n) => `chg_${String(n).padStart(12, '0')}`))
  expect((await feed(`since=${new Date(clock.now()).toISOString()}`)).body.changes).toHaveLength(1)
})

test('the feed refuses strangers, and what it can not read', async () => {
  const { feed } = await given()
  expect((await feed('', 'mallory')).status).toBe(401)
  for (const query of ['since=yesterday', 'limit=0', 'limit=101', 'limit=x', 'after=chg_9'])
    expect((await feed(query)).status, query).toBe(400)
})

test('changes of a clock that was put back are after those before', () => {
  let now = 1_795_000_000_000
  const changes = storedChanges(openState(), { now: () => epochMs(now) })
  const [first] = changes.make('alice', 1)
  now -= 60_000
  const [second] = changes.make('alice', 1)
  expect(second?.changed_at).toBe(first?.changed_at)
})

test('a webhook is signed as the provider is declared, and has the key of its change', async () => {
  const { control, arrived, clock } = await given()
  const { body } = await control('/changes', { count: 1 })
  const [webhook] = arrived
  const bytes = Buffer.from(webhook?.body ?? '')
  const header = (name: string) => webhook?.headers.get(name) ?? undefined
  const at = { now: clock.now() } as Parameters<typeof verify>[3]
  const verdict = await verify(sandbox.webhooks.scheme, { header, body: bytes }, [secret], at)
  expect(verdict).toEqual({ kind: 'valid' })
  const read = parseBody(bytes, sandbox.webhooks, { contentType: 'application/json' })
  const identity = identify(sandbox.webhooks, { header, bytes, body: read })
  expect(identity).toMatchObject({ changeKey: body['first'], type: 'contact.created' })
  expect(identity.deliveryKey).toMatch(/^msg_/)
})

test('what is doubled has one id, what is dropped is told and never sent', async () => {
  const { control, arrived } = await given()
  const { body } = await control('/changes', { count: 4, drop: 1, double: 3 })
  expect(body['webhooks']).toMatchObject({ delivered: 6, dropped: 1, doubled: 3 })
  expect(body['dropped']).toEqual([body['last']])
  const ids = arrived.map(({ headers }) => headers.get('webhook-id'))
  expect([ids.length, new Set(ids).size]).toEqual([6, 3])
  expect(arrived.some((each) => each.body.includes(String(body['last'])))).toBe(false)
})

test('what is delayed is sent when its time has come', async () => {
  const { control, arrived, clock } = await given()
  await control('/changes', { count: 2, delaySeconds: 30 })
  await clock.advance(ms(29_999))
  expect(arrived).toEqual([])
  await clock.advance(ms(1))
  await expect.poll(() => arrived.length).toBe(2)
})

test('a webhook that is refused is sent three times, and has failed then', async () => {
  const { control, arrived } = await given({ status: 503 })
  const { body } = await control('/changes', { count: 1 })
  expect(body['webhooks']).toMatchObject({ delivered: 0, failed: 1 })
  expect(arrived).toHaveLength(3)
})

test.each([
  [{ count: 0 }, 'count must be a whole number from 1 to 1000'],
  [{ count: 1_001 }, 'count'],
  [{ count: 1, drop: 2 }, 'more than count'],
  [{ count: 1, drp: 1 }, 'may have count, account'],
  [{ count: 1, account: 'mallory' }, 'alice'],
])('%j is no order, and nothing is changed', async (body, why) => {
  const { control, changes } = await given()
  const answer = await control('/changes', body)
  expect(answer.status).toBe(400)
  expect(answer.body['error_description']).toContain(why)
  expect(changes.count()).toBe(0)
})

test('of several accounts one has to be named', async () => {
  const { control } = await given({ accounts: ['alice', 'bob'] })
  expect((await control('/changes', { count: 1 })).body['error_description']).toContain('alice, bob')
  expect((await control('/changes', { count: 1, account: 'bob' })).status).toBe(201)
})

test('standing faults are kept, and take the place of those before', async () => {
  const { control, webhooks } = await given()
  await control('/faults', { dropShare: 0.5, delaySeconds: 3 })
  expect(webhooks.faults()).toEqual({ dropNext: 0, dropShare: 0.5, doubleShare: 0, delaySeconds: 3 })
  await control('/faults', {})
  expect((await control('')).body['faults']).toMatchObject({ dropShare: 0, delaySeconds: 0 })
})

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['a form', { 'content-type': 'text/plain' }],
  ['any page', { 'sec-fetch-site': 'cross-site' }],
])('%s may not tell it anything', async (_name, headers) => {
  const { control, changes } = await given()
  expect((await control('/changes', { count: 1 }, headers)).status).toBe(403)
  expect(changes.count()).toBe(0)
})
