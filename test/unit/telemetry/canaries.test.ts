import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { runPoll } from '#lib/polling/run-poll.ts'
import { epochMs, minutes, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { formatLine, type Log } from '#lib/telemetry/log.ts'
import { emfMetrics, type Metrics } from '#lib/telemetry/metrics.ts'
import { canaries, planted, shownIn } from '#test/fakes/canaries.ts'
import { network } from '#test/fakes/given-call.ts'
import { givenAdmin } from '#test/fakes/given-admin.ts'
import { givenOAuth } from '#test/fakes/given-oauth.ts'
import { givenPoll, givenPolls, orderFor } from '#test/fakes/given-polls.ts'
import { connectionOf, givenProxy, realSluice } from '#test/fakes/given-proxy.ts'
import { givenTokens } from '#test/fakes/given-tokens.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { envelopeOf, givenWorker } from '#test/fakes/given-worker.ts'
import { stripeSigner } from '#test/fakes/signers.ts'
import { createConnections, createTables, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createTables(tables.client, 'ledger', 'control')
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

/** Everything that was written or answered. */
let told: string[]
let metrics: Metrics
beforeEach(() => {
  told = []
  const buffered = emfMetrics({ write: (line) => void told.push(line), now: () => epochMs(5), stage: 'test' })
  metrics = {
    count: (...noted) => {
      buffered.count(...noted)
      buffered.flush()
    },
    measure: (...noted) => {
      buffered.measure(...noted)
      buffered.flush()
    },
  }
})
const log: Log = (level, message, fields = {}) => void told.push(formatLine(level, message, fields, '-'))

/** Problems and pages count; what a provider answers to the owner of a connection is theirs. */
async function keep(response: Response): Promise<void> {
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  if (/problem\+json|html/.test(type)) told.push(text, JSON.stringify([...response.headers]))
}

function expectSilence(atLeast: number): void {
  expect(told.length).toBeGreaterThanOrEqual(atLeast)
  for (const text of told) expect(shownIn(text), text).toEqual([])
}

const failing = (): never => {
  throw new Error(planted)
}
const oauthError = (status: number): Response =>
  Response.json(
    { error: 'invalid_grant', error_description: planted, access_token: canaries.token },
    { status },
  )

test('the search finds each canary, however it is spelled', () => {
  expect(shownIn(planted)).toEqual(Object.keys(canaries))
  for (const [name, secret] of Object.entries(canaries)) {
    expect(shownIn(Buffer.from(`xy${secret}z`).toString('base64')), name).toContain(name)
    expect(shownIn(Buffer.from(secret).toString('hex')), name).toContain(name)
    expect(shownIn(encodeURIComponent(`?q=${secret}`)), name).toContain(name)
  }
})

test('the webhook function tells of none: accepted, refused, unavailable', async () => {
  const body = new TextEncoder().encode(
    JSON.stringify({ id: 'evt_1', type: 'charge.succeeded', data: planted }),
  )
  const headers = {
    authorization: `Bearer ${canaries.key}`,
    cookie: canaries.jwt,
    'user-agent': planted,
    'x-forwarded-for': canaries.email,
    traceparent: canaries.token,
  }
  for (const answer of [() => undefined, failing]) {
    const given = givenWebhook({
      endpoints: [endpointOf('stripe')],
      secrets: { stripe: [canaries.signingSecret] },
      answer,
      metrics,
    })
    const now = toSeconds(given.clock.now())
    const signature = await stripeSigner.sign(body, canaries.signingSecret, now)
    const wrong = { 'stripe-signature': `t=${now},v1=${canaries.token}` }
    for (const [sent, signed] of [
      [body, signature],
      [body, wrong],
      [
        new TextEncoder().encode(planted),
        await stripeSigner.sign(Buffer.from(planted), canaries.signingSecret, now),
      ],
    ] as const) {
      const event = {
        path: '/webhooks/stripe',
        query: `key=${canaries.key}`,
        headers: { ...headers, ...signed },
      }
      const sending = given.send(gatewayEvent({ ...event, body: sent }))
      for (let i = 0; i < 20; i += 1) await given.clock.advance(200)
      told.push(JSON.stringify(await sending))
    }
    told.push(...given.lines)
  }
  expectSilence(10)
})

test('the worker tells of none: done, failed, dead, and a message that is no event', async () => {
  const worker = givenWorker(tables, { maxAttempts: 2, handlers: [failing] })
  const work = worker.sandbox({ metrics, log })
  const envelope = envelopeOf(worker.clock, {
    text: JSON.stringify({ planted }),
    headers: { 'x-key': canaries.key },
  })
  for (const message of [envelope, envelope, planted, envelopeOf(worker.clock, { text: planted })]) {
    await work([message])
    await worker.clock.advance(minutes(20))
  }
  worker.faults.before = failing
  await work([envelopeOf(worker.clock, { text: planted })])
  expectSilence(8)
})

test('connecting tells of none: a wrong link, a refused consent, an exchange that fails or succeeds', async () => {
  for (const tokenAnswer of [() => oauthError(400), () => oauthError(500), failing, undefined]) {
    const given = await givenOAuth(tables, {
      answer: { access_token: canaries.token, refresh_token: canaries.jwt, note: planted },
      ...(tokenAnswer && { tokenAnswer }),
    })
    const deps = given.deps as { metrics: Metrics }
    deps.metrics = metrics
    const query = new URLSearchParams({
      code: canaries.token,
      state: canaries.key,
      error_description: planted,
    })
    await keep(await given.get(`/oauth/sandbox/connect?link=${encodeURIComponent(canaries.token)}`))
    await keep(
      await given.get(`/oauth/sandbox/callback?error=access_denied&${query.toString()}`, {
        cookie: canaries.jwt,
      }),
    )
    const flow = await given.open()
    const code = given.consent(flow.authorize)
    const back = new URLSearchParams({ code, state: flow.authorize.searchParams.get('state') ?? '' })
    await keep(await given.get(`/oauth/sandbox/callback?${back.toString()}`, { cookie: flow.cookie }))
    told.push(...given.lines)
  }
  expectSilence(12)
})

test('refreshing tells of none, whatever the provider answers', async () => {
  for (const answer of [
    () => oauthError(400),
    () => oauthError(503),
    failing,
    () =>
      Response.json({
        access_token: canaries.token,
        refresh_token: canaries.jwt,
        token_type: 'bearer',
        expires_in: 60,
      }),
  ]) {
    const given = givenTokens(tables, 'connections', answer, { clientSecret: new Secret(canaries.key) })
    const deps = given.deps as { metrics: Metrics }
    deps.metrics = metrics
    const account = `a${told.length}`
    const connection = await given.connect({ account, lifetimeSeconds: 10, refreshToken: canaries.jwt })
    await given.clock.advance(minutes(1))
    const got = given.get(connection).catch(() => {})
    for (let i = 0; i < 60; i += 1) await given.clock.advance(1_000)
    await got
    told.push(...given.lines)
  }
  expectSilence(4)
})

test('the API tells of none: strangers, wrong bodies, and tables that fail', async () => {
  const { deps } = await givenAdmin(tables)
  const failingHistory = new Proxy(deps.history, { get: () => failing })
  const given = await givenAdmin(tables, { changes: { history: failingHistory, log } })
  const query = new URLSearchParams({ tenant: planted, cursor: canaries.jwt })
  const stranger = { authorization: `Bearer ${canaries.key}`, cookie: canaries.jwt }
  await keep(await given.app.request(`/api/events?${query.toString()}`, { headers: stranger }))
  await keep(await given.api(`/api/events?${query.toString()}`))
  await keep(await given.api('/api/events'))
  await keep(await given.api(`/api/events/${encodeURIComponent(canaries.token)}`))
  await keep(
    await given.api('/api/connections', {
      tenant: canaries.email,
      provider: canaries.key,
      key: canaries.token,
    }),
  )
  await keep(await given.api('/api/dead-letters/redrive', { ids: [planted] }))
  expectSilence(8)
})

test('the proxy tells of none: what it calls with, and what goes wrong on the way', async () => {
  const connection = connectionOf('stripe')
  const credentials = { headers: { authorization: new Secret(`Bearer ${canaries.key}`) }, query: {} }
  const broken = new SluiceError('DESTINATION_UNAVAILABLE', 'the other side is not to be had', {
    cause: new Error(planted),
  })
  for (const reaction of [
    new Error(planted),
    broken,
    network('ECONNRESET'),
    oauthError(401),
    oauthError(500),
  ]) {
    const send = async (): Promise<Response> => {
      if (reaction instanceof Error) throw reaction
      return reaction.clone()
    }
    const given = givenProxy(realSluice({ send, credentials }), [connection], { log })
    const path = `/proxy/${connection.id}/v1/charges?key=${canaries.token}`
    await keep(
      await given.callAndWait(path, { method: 'POST', body: planted, headers: { cookie: canaries.jwt } }),
    )
  }
  expectSilence(8)
})

test('the poller tells of none', async () => {
  const refused = new ApiError({ provider: 'sandbox', status: 500, kind: 'unavailable', detail: planted })
  for (const error of [new Error(planted), refused]) {
    const world = givenPolls(tables.client)
    const poll = await givenPoll(world)
    // oxlint-disable-next-line require-yield
    world.state.read = async function* () {
      throw error
    }
    await world.clock.advance(minutes(1))
    await runPoll(orderFor(poll, world.clock.now()), { ...world.deps, metrics, log })
  }
  expectSilence(4)
})
