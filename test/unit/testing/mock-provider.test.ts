import Stripe from 'stripe'
import { describe, expect, onTestFinished, test } from 'vitest'
import { observe } from '#lib/outbound/rate-headers.ts'
import { itemsIn } from '#lib/outbound/paginate.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { mockProvider, type MockOptions } from '#lib/testing/mock-provider.ts'
import { virtualTime } from '#lib/testing/virtual-time.ts'

const post = (body: unknown, key?: string): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
})

const stripeMock = (routes: MockOptions['routes'], more: Partial<MockOptions> = {}) =>
  mockProvider('stripe', { routes, ...more })

describe('a mock of a provider', () => {
  test('answers by method and path, with what the path names', async () => {
    const mock = stripeMock((answer) => ({
      'GET /v1/customers/:id': ({ params }) => answer.json({ id: params['id'] }),
      'ANY /v1/files/*': answer.raw(204),
    }))
    const found = await mock.authorized('/v1/customers/cus%201?expand=x')
    expect(await found.json()).toEqual({ id: 'cus 1' })
    expect((await mock.authorized('https://files.stripe.com/v1/files/a/b', { method: 'PUT' })).status).toBe(
      204,
    )
    expect(mock.requests).toMatchObject([
      {
        method: 'GET',
        path: '/v1/customers/cus%201',
        query: { expand: 'x' },
        params: { id: 'cus 1' },
        status: 200,
      },
      { method: 'PUT', path: '/v1/files/a/b', status: 204 },
    ])
    mock.verify()
  })

  test('gives a list of answers one after the other, and stays with the last', async () => {
    const mock = stripeMock((answer) => ({ 'GET /v1/x': [answer.unavailable(), answer.json({ ok: 1 })] }))
    const statuses = []
    for (let round = 0; round < 3; round += 1) statuses.push((await mock.authorized('/v1/x')).status)
    expect(statuses).toEqual([503, 200, 200])
  })

  test('has an id for every answer where its provider has one', async () => {
    const mock = stripeMock((answer) => ({ 'GET /v1/x': answer.json({}) }))
    const ids = [await mock.authorized('/v1/x'), await mock.authorized('/v1/x')]
    expect(ids.map(({ headers }) => headers.get('request-id'))).toEqual(['mock-stripe-1', 'mock-stripe-2'])
  })

  test('reads forms as its provider does', async () => {
    const mock = stripeMock((answer) => ({ 'POST /v1/x': answer.json({}) }))
    await mock.authorized('/v1/x', { method: 'POST', body: new URLSearchParams({ amount: '5' }) })
    expect(mock.requests[0]?.body).toEqual({ amount: '5' })
  })

  test('is of the catalog, and its routes can be read', () => {
    expect(() => mockProvider('nobody', { routes: {} })).toThrow('there is no provider "nobody"')
    expect(() => stripeMock({ 'v1/x': [] })).toThrow('"v1/x" is no route')
    expect(() => stripeMock({ 'GET /v1/x': [] })).toThrow('a route needs an answer')
    expect(() => stripeMock({}, { credentials: { user: 'x' } })).toThrow('takes no credentials of "user"')
  })

  test('can be made for every provider that has an API', async () => {
    for (const { id, api } of providers)
      if (api) {
        const mock = mockProvider(id, { routes: (answer) => ({ 'GET /x': answer.json({ fine: true }) }) })
        expect((await mock.authorized('/x')).status, id).toBe(200)
      }
  })
})

describe('a request that no route is for', () => {
  test('fails, and says what there is', async () => {
    const mock = stripeMock((answer) => ({
      'POST /v1/refunds': answer.json({}),
      'GET /v1/charges': answer.json({}),
    }))
    const asked = mock.authorized('/v1/refund', { method: 'POST' })
    await expect(asked).rejects.toThrow(
      'the mock of stripe has no route for "POST /v1/refund": it has "POST /v1/refunds", "GET /v1/charges"; the nearest is "POST /v1/refunds"',
    )
    expect(() => mock.verify()).toThrow('no route for "POST /v1/refund"')
  })

  test('is a 501 with the same words on a socket', async () => {
    const mock = stripeMock({})
    const { url, close } = await mock.listen()
    onTestFinished(close)
    const answer = await fetch(`${url}/v1/x`, { headers: { authorization: 'Bearer mock-stripe-key' } })
    expect(answer.status).toBe(501)
    expect(await answer.text()).toContain('no route for "GET /v1/x": it has no route')
    expect(() => mock.verify()).toThrow('GET /v1/x')
  })
})

describe('credentials', () => {
  test('are checked, and refused in the words of the provider', async () => {
    const mock = stripeMock((answer) => ({ 'GET /v1/x': answer.json({}) }), { credentials: { key: 'k-1' } })
    const answers = [
      await mock.fetch('/v1/x'),
      await mock.fetch('/v1/x', { headers: { authorization: 'Bearer k-2' } }),
      await mock.fetch('/v1/x', { headers: { authorization: 'Bearer k-1' } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200])
    expect(await answers[0]?.json()).toMatchObject({ error: { message: '401 by the mock' } })
  })

  test('in a query are checked too, and nothing that was heard shows any', async () => {
    const etherscan = mockProvider('etherscan', {
      routes: (answer) => ({ 'GET /': answer.json({ status: '1' }) }),
      credentials: { key: 'k-secret' },
    })
    const base = 'https://api.etherscan.io/v2/api'
    expect(await (await etherscan.fetch(`${base}?module=x&apikey=k-wrong`)).json()).toMatchObject({
      status: '0',
    })
    expect(await (await etherscan.fetch(`${base}?module=x&apikey=k-secret`)).json()).toEqual({ status: '1' })
    const stripe = stripeMock((answer) => ({ 'GET /v1/x': answer.json({}) }), {
      credentials: { key: 'k-secret' },
    })
    await stripe.authorized('/v1/x')
    expect(JSON.stringify([etherscan.requests, stripe.requests])).not.toMatch(/k-secret|k-wrong/)
    expect(etherscan.requests[1]?.query).toEqual({ module: 'x' })
  })

  test('may be anyone', async () => {
    const mock = stripeMock((answer) => ({ 'GET /v1/x': answer.json({}) }), { credentials: 'any' })
    expect((await mock.fetch('/v1/x')).status).toBe(200)
  })
})

describe('limits', () => {
  test('are told in the fields and units of the provider', async () => {
    const clock = virtualTime()
    for (const id of ['github', 'leaflink', 'sendgrid', 'auth0']) {
      const mock = mockProvider(id, {
        clock,
        rate: { limit: 10, windowMs: 60_000 },
        routes: (answer) => ({ 'GET /x': answer.json([]) }),
      })
      await mock.authorized('/x')
      clock.advance(1_000)
      const { headers } = await mock.authorized('/x')
      const seen = observe(findProvider(id)?.api, headers, clock.now())
      expect(seen, id).toMatchObject({ remaining: 8 })
      expect(seen.resetAt, id).toBe(epochMs(clock.now() + 59_000))
      clock.advance(60_000)
    }
  })

  test('are enforced where the test names one, with the refusal of the provider', async () => {
    const clock = virtualTime()
    const mock = stripeMock((answer) => ({ 'GET /v1/x': answer.json({}) }), {
      clock,
      rate: { limit: 2, windowMs: 5_000 },
    })
    const ask = async () => mock.authorized('/v1/x')
    const answers = [await ask(), await ask(), await ask()]
    clock.advance(5_000)
    answers.push(await ask())
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200])
    expect(answers[2]?.headers.get('retry-after')).toBe('5')
  })
})

describe('an idempotency key', () => {
  const charges = () => {
    let made = 0
    return stripeMock((answer) => ({ 'POST /v1/charges': () => answer.json({ id: (made += 1) }) }))
  }

  test('gets the same answer again, and the route is not asked', async () => {
    const mock = charges()
    const ask = async (key: string) => (await mock.authorized('/v1/charges', post({ amount: 1 }, key))).json()
    expect([await ask('a'), await ask('a'), await ask('b')]).toEqual([{ id: 1 }, { id: 1 }, { id: 2 }])
    expect(mock.requests.map(({ repeated }) => repeated)).toEqual([false, true, false])
    expect(mock.requests.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['a', 'a', 'b'])
  })

  test('is refused for another request', async () => {
    const mock = charges()
    await mock.authorized('/v1/charges', post({ amount: 1 }, 'a'))
    expect((await mock.authorized('/v1/charges', post({ amount: 2 }, 'a'))).status).toBe(400)
  })

  test('does not keep a failure that passes', async () => {
    const mock = stripeMock((answer) => ({
      'POST /v1/x': [answer.throttled(), answer.unavailable(), answer.json({})],
    }))
    const statuses = []
    for (let round = 0; round < 4; round += 1)
      statuses.push((await mock.authorized('/v1/x', post({}, 'a'))).status)
    expect(statuses).toEqual([429, 503, 200, 200])
    expect(mock.requests.at(-1)?.repeated).toBe(true)
  })

  test('is found in the query where its provider has it there', async () => {
    const mock = mockProvider('quickbooks', {
      params: { realmId: '42' },
      routes: (answer) => ({ 'POST /invoice': answer.json({}) }),
    })
    await mock.authorized('/invoice?requestid=r-1', post({}))
    expect(mock.requests[0]).toMatchObject({ idempotencyKey: 'r-1', path: '/invoice' })
    expect(mock.requests[0]?.url).toContain('/v3/company/42/invoice')
  })
})

describe('a list', () => {
  const items = Array.from({ length: 23 }, (_, at) => ({
    id: `i_${at}`,
    log_id: `l_${at}`,
    blockNumber: `${at}`,
  }))

  const dialects = providers.flatMap(({ id, api }) =>
    Object.keys(api?.pages ?? {}).map((dialect) => [id, dialect] as const),
  )
  // Its pages are windows: see the test below.
  test.each(dialects.filter(([id]) => id !== 'etherscan'))(
    'is read to its end from %s, as %s',
    async (id, name) => {
      const api = findProvider(id)?.api
      const dialect = api?.pages?.[name]
      if (!dialect) throw new Error('no dialect')
      const mock = mockProvider(id, {
        routes: (answer) => ({ 'GET /things': answer.list(items, { dialect: name, pageSize: 5 }) }),
      })
      const client = { provider: id, api, fetch: mock.authorized, clock: virtualTime() }
      const start = dialect.kind === 'query-words' ? '/things?query=select * from Thing' : '/things'
      const own = dialect.kind === 'query-words' ? { items: '/QueryResponse/Thing' } : {}
      const read: unknown[] = []
      if (dialect.kind === 'ndjson') {
        for (const line of (await (await mock.authorized('/things')).text()).trim().split('\n'))
          read.push(JSON.parse(line))
      } else
        for await (const item of itemsIn(client, { dialect, start, pageSize: 5, ...own })) read.push(item)
      expect(read).toEqual(items)
      if (dialect.kind !== 'ndjson' && dialect.size !== undefined)
        expect(mock.requests.length).toBeGreaterThan(4)
    },
  )

  test('of blocks is given by window and page', async () => {
    const mock = mockProvider('etherscan', { routes: (answer) => ({ 'GET /': answer.list(items) }) })
    const ask = async (query: string) =>
      (await mock.authorized(`https://api.etherscan.io/v2/api?${query}`)).json()
    const first = { status: '1', result: items.slice(3, 7) }
    expect(await ask('startblock=3&endblock=9&page=1&offset=4')).toEqual(first)
    expect(await ask('startblock=3&endblock=9&page=2&offset=4')).toEqual({
      ...first,
      result: items.slice(7, 10),
    })
  })

  test('of a name that the provider does not have is a mistake of the test', () => {
    expect(() => stripeMock((answer) => ({ 'GET /x': answer.list([], { dialect: 'odd' }) }))).toThrow('"odd"')
  })
})

test("a provider's own package works against a mock that listens", async () => {
  const mock = stripeMock((answer) => ({
    'POST /v1/payment_intents': ({ body }) =>
      answer.json({ id: 'pi_1', object: 'payment_intent', ...(body as object) }),
    'GET /v1/customers': answer.list([{ id: 'cus_1' }, { id: 'cus_2' }, { id: 'cus_3' }], { pageSize: 2 }),
    'POST /v1/refunds': answer.fault('payment', { code: 'card_declined' }),
  }))
  const { url, close } = await mock.listen()
  onTestFinished(close)
  const { hostname: host, port } = new URL(url)
  const stripe = new Stripe('mock-stripe-key', { host, port, protocol: 'http', maxNetworkRetries: 0 })

  expect(await stripe.paymentIntents.create({ amount: 5, currency: 'eur' })).toMatchObject({
    id: 'pi_1',
    amount: '5',
  })
  const ids = []
  for await (const { id } of stripe.customers.list()) ids.push(id)
  expect(ids).toEqual(['cus_1', 'cus_2', 'cus_3'])
  await expect(stripe.refunds.create({ charge: 'ch_1' })).rejects.toMatchObject({ code: 'card_declined' })
  mock.verify()
})
