import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { operationKind } from '#lib/outbound/graphql-document.ts'
import { connectionPages, nodesIn } from '#lib/outbound/graphql-pages.ts'
import { askGraphql, askGraphqlWhole, type GraphqlOperation } from '#lib/outbound/graphql.ts'
import type { RetryingClient } from '#lib/outbound/retrying-client.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { ApiDeclaration } from '#lib/providers/api.ts'
import { collect } from '#test/fakes/collect.ts'
import { givenApi } from '#test/fakes/given-api.ts'
import { localServer } from '#test/fakes/local-server.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Answering {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

interface Asked {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
}

/** A GraphQL API that answers by what is asked, and keeps it, and when. */
function given(
  answer: Answering | Error | ((asked: Asked, nth: number) => Answering | Error),
  api?: ApiDeclaration,
) {
  const clock = virtualClock()
  const start = clock.now()
  const asked: (Asked & { readonly headers: Headers; readonly atMs: number })[] = []
  const client: RetryingClient = {
    provider: 'test',
    api,
    clock,
    random: { ...seededRandom(1), fraction: () => 0 },
    fetch: async (_, init) => {
      const request = JSON.parse(init?.body as string) as Asked
      const headers = new Headers(init?.headers)
      const nth = asked.push({ ...request, headers, atMs: clock.now() - start })
      const found = typeof answer === 'function' ? answer(request, nth) : answer
      if (found instanceof Error) throw found
      const text = typeof found.body === 'string' ? found.body : JSON.stringify(found.body)
      return new Response(text, { status: found.status ?? 200, headers: found.headers ?? {} })
    },
  }
  async function settle<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = (): void => void (over = true)
    work.then(end, end)
    while (!over) await clock.next()
    return work
  }
  return { client, asked, clock, settle }
}

const order = z.object({ order: z.nullable(z.object({ id: z.string() })) })
const operation = { query: 'query { order { id } }', data: order } as const
const mutation = { query: 'mutation { cancel { id } }', data: z.unknown() } as const
const whole = { body: { data: { order: { id: '7' } } } }
const failing = (code: string, rest: object = {}): Answering => ({
  body: { data: null, errors: [{ message: 'no', extensions: { code } }], ...rest },
})
const errorOf = async (answer: Answering, api?: ApiDeclaration): Promise<ApiError> => {
  const { client, settle } = given(answer, api)
  const error: unknown = await settle(
    askGraphql(client, { ...operation, attempts: 1 }).catch((e: unknown) => e),
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

describe('a GraphQL operation', () => {
  test('is sent as JSON with its variables and name, and both answer types are welcome', async () => {
    const { client, asked } = given(whole)
    const named = {
      ...operation,
      query: 'query A { order { id } }',
      variables: { id: 7 },
      operationName: 'A',
    }
    expect(await askGraphql(client, named)).toEqual({
      kind: 'whole',
      data: { order: { id: '7' } },
      cost: undefined,
    })
    expect(asked[0]).toMatchObject({ query: named.query, variables: { id: 7 }, operationName: 'A' })
    expect(asked[0]?.headers.get('content-type')).toBe('application/json')
    expect(asked[0]?.headers.get('accept')).toBe('application/graphql-response+json, application/json;q=0.9')
  })

  test('that comes with holes is partial: its data and every error with its path', async () => {
    const errors = [
      { message: 'gone', path: ['order', 0, 'id'], extensions: { code: 'NOT_FOUND' } },
      { message: 'busy', path: ['other'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]
    const { client, asked } = given({ body: { data: { order: null }, errors } })
    const result = await askGraphql(client, operation)
    expect(result).toMatchObject({
      kind: 'partial',
      data: { order: null },
      errors: [
        { path: ['order', 0, 'id'], error: { kind: 'missing', code: 'NOT_FOUND' } },
        { path: ['other'], error: { kind: 'unavailable' } },
      ],
    })
    expect(asked).toHaveLength(1)
    await expect(askGraphqlWhole(client, operation)).rejects.toMatchObject({ kind: 'missing' })
  })

  test('whose hole its schema does not allow fails by its error, not by its form', async () => {
    const strict = z.object({ order: z.object({ id: z.string() }) })
    const { client } = given({
      body: { data: { order: null }, errors: [{ message: 'x', type: 'FORBIDDEN' }] },
    })
    await expect(askGraphql(client, { ...operation, data: strict })).rejects.toMatchObject({
      kind: 'forbidden',
    })
  })

  test('without data throws the error that repeating would not mend, with the others as its cause', async () => {
    const errors = [
      { message: 'slow', extensions: { code: 'TIMEOUT' } },
      { message: 'no', extensions: { code: 'FORBIDDEN' } },
    ]
    const error = await errorOf({ body: { errors } })
    expect(error.kind).toBe('forbidden')
    expect((error.cause as AggregateError).errors).toMatchObject([{ kind: 'unavailable' }])
  })

  test.each([
    ['THROTTLED', 'throttled'],
    ['RATE_LIMITED', 'throttled'],
    ['UNAUTHENTICATED', 'expired'],
    ['FORBIDDEN', 'forbidden'],
    ['access-denied', 'forbidden'],
    ['MAX_COST_EXCEEDED', 'invalid'],
    ['GRAPHQL_VALIDATION_FAILED', 'invalid'],
    ['INTERNAL_SERVER_ERROR', 'unavailable'],
    ['NOT_FOUND', 'missing'],
    ['WHATEVER', 'invalid'],
  ])('with the code %s in a 200 is %s', async (code, kind) => {
    expect(await errorOf(failing(code))).toMatchObject({ kind, status: 200, code })
  })

  test.each([
    [400, 'invalid'],
    [401, 'expired'],
    [403, 'forbidden'],
    [429, 'throttled'],
    [500, 'unavailable'],
  ])('with errors and %i means %s, and its code more', async (status, kind) => {
    const headers = { 'content-type': 'application/graphql-response+json' }
    expect(await errorOf({ status, headers, body: { errors: [{ message: 'm' }] } })).toMatchObject({
      kind,
      status,
    })
    expect(await errorOf({ ...failing('NOT_FOUND'), status })).toMatchObject({ kind: 'missing', status })
  })

  test('is judged by the rules of its provider first', async () => {
    const api = givenApi({
      errors: { rules: [{ means: 'payment', code: ['SHOP_FROZEN'] }] },
    })
    expect(await errorOf(failing('SHOP_FROZEN'), api)).toMatchObject({ kind: 'payment' })
  })

  test('that is refused by something before GraphQL is what its status says', async () => {
    expect(await errorOf({ status: 401, body: { message: 'Bad credentials' } })).toMatchObject({
      kind: 'expired',
    })
    expect(await errorOf({ status: 502, body: '<html>' })).toMatchObject({ kind: 'unavailable' })
  })

  test('B119: with another form than GraphQL is refused', async () => {
    for (const body of ['', '<html>', '[]', 'null', '1', '{}', '{"errors":[]}', '{"errors":null}']) {
      const { client } = given({ body })
      await expect(askGraphql(client, operation), body).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    }
  })

  test.each([['oops'], [{ message: 'oops' }], [[null]], [[1, {}]]])(
    'B114: with %j in the place of errors is no success',
    async (errors) => {
      const { client } = given({ body: { data: { order: { id: '1' } }, errors } })
      expect(await askGraphql(client, operation)).toMatchObject({ kind: 'partial' })
    },
  )

  test('that is a subscription is a mistake of the program', async () => {
    const { client, asked } = given(whole)
    await expect(askGraphql(client, { ...operation, query: 'subscription { a }' })).rejects.toThrow(TypeError)
    expect(asked).toHaveLength(0)
  })
})

describe('the cost of an operation', () => {
  const cost = (currentlyAvailable: number, requestedQueryCost = 500) => ({
    extensions: {
      cost: {
        requestedQueryCost,
        actualQueryCost: null,
        throttleStatus: { maximumAvailable: 1_000, currentlyAvailable, restoreRate: 50 },
      },
    },
  })

  test('is told with the data', async () => {
    const { client } = given({ body: { ...whole.body, ...cost(900) } })
    expect(await askGraphql(client, operation)).toMatchObject({
      cost: { requested: 500, available: 900, maximum: 1_000, restoredPerSecond: 50 },
    })
  })

  test('is told by the field that GitHub has for it', async () => {
    const rateLimit = { cost: 1, limit: 5_000, remaining: 4_999, resetAt: '2026-11-21T09:00:00Z' }
    const { client } = given({ body: { data: { order: null, rateLimit } } })
    expect(await askGraphql(client, operation)).toMatchObject({
      cost: { actual: 1, available: 4_999, maximum: 5_000, resetAt: Date.parse('2026-11-21T09:00:00Z') },
    })
  })

  test('that is not there is waited for, as long as it takes to come back and no longer', async () => {
    const { client, asked, settle } = given((_, nth) => (nth === 1 ? failing('THROTTLED', cost(380)) : whole))
    expect(await settle(askGraphql(client, operation))).toMatchObject({ kind: 'whole' })
    // (500 - 380) / 50 a second.
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 2_400])
  })

  test('that can never be there is not waited for', async () => {
    const error = await errorOf(failing('THROTTLED', cost(1_000, 1_200)))
    expect(error).toMatchObject({ kind: 'invalid', retryable: false })
  })

  test('that is back in an hour is the caller’s to wait for', async () => {
    const { client, asked, clock, settle } = given(() => ({
      body: {
        data: { rateLimit: { remaining: 0, resetAt: iso(later(clock.now(), 3_600_000)) } },
        errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }],
      },
    }))
    const strict = { ...operation, data: z.object({ order: z.unknown() }) }
    await expect(settle(askGraphqlWhole(client, strict))).rejects.toMatchObject({
      kind: 'throttled',
      retryAfterMs: 3_600_000,
    })
    expect(asked).toHaveLength(1)
  })

  test('that only headers tell is waited for too', async () => {
    const headers = { 'retry-after': '3' }
    const { client, asked, settle } = given((_, nth) =>
      nth === 1 ? { ...failing('RATE_LIMITED'), headers } : whole,
    )
    await settle(askGraphql(client, operation))
    expect(asked[1]?.atMs).toBe(3_000)
  })
})

describe('a failed operation', () => {
  const down = failing('INTERNAL_SERVER_ERROR')
  const times = async (
    what: Partial<GraphqlOperation<z.ZodMiniType>>,
    answer: Answering | Error = down,
    api?: ApiDeclaration,
  ) => {
    const { client, asked, settle } = given(answer, api)
    await settle(askGraphql(client, { ...operation, ...what }).catch(() => undefined))
    return asked
  }

  test('is sent again when it is a query, three times at most', async () => {
    expect(await times({})).toHaveLength(3)
    expect(await times({ attempts: 5 })).toHaveLength(5)
    expect(await times({ query: '{ order { id } }' })).toHaveLength(3)
  })

  test('is never sent again when it is a mutation without a key', async () => {
    expect(await times(mutation)).toHaveLength(1)
    expect(await times(mutation, failing('THROTTLED'))).toHaveLength(1)
    expect(await times({ query: 'query A { a } mutation B { b }', operationName: 'B' })).toHaveLength(1)
    expect(await times({ query: 'query A { a } mutation B { b }' })).toHaveLength(1)
  })

  test('is sent again under the same key when it is a mutation with one', async () => {
    const asked = await times({ ...mutation, idempotencyKey: 'k1' })
    expect(asked.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['k1', 'k1', 'k1'])
    const api = givenApi({
      idempotency: { place: { header: 'x-once' }, methods: ['POST'], maxCharacters: 64 },
    })
    expect((await times({ ...mutation, idempotencyKey: 'k1' }, down, api))[2]?.headers.get('x-once')).toBe(
      'k1',
    )
  })

  test('is not sent again when that would not mend it', async () => {
    for (const code of ['FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'NOT_FOUND'])
      expect(await times({}, failing(code)), code).toHaveLength(1)
  })

  test('counts what its fetch has sent already', async () => {
    expect(await times({}, { ...down, headers: { 'sluice-attempts': '3' } })).toHaveLength(1)
  })

  test('is sent again when the network was the fault, and not when nothing was let out', async () => {
    const reset = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })
    expect(await times({}, reset)).toHaveLength(3)
    expect(await times({}, new ApiError({ provider: 'test', status: 0, kind: 'unreachable' }))).toHaveLength(
      3,
    )
    expect(await times({}, new ApiError({ provider: 'test', status: 0, kind: 'held' }))).toHaveLength(1)
    expect(await times({}, new SluiceError('ADDRESS_REFUSED', 'no'))).toHaveLength(1)
    expect(await times({}, new TypeError('a mistake'))).toHaveLength(1)
    const noUrl = Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' })
    expect(await times({}, new TypeError('Failed to parse URL', { cause: noUrl }))).toHaveLength(1)
  })

  test('is given up while it waits, with the reason of its signal', async () => {
    const { client, clock } = given({ ...failing('THROTTLED'), headers: { 'retry-after': '5' } })
    const controller = new AbortController()
    const asking = askGraphql(client, { ...operation, signal: controller.signal })
    await clock.advance(1_000)
    controller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  test.each([0, -1, Number.NaN, Infinity, 1.5])(
    'attempts of %d are a mistake of the program',
    async (attempts) => {
      await expect(askGraphql(given(whole).client, { ...operation, attempts })).rejects.toThrow(RangeError)
    },
  )
})

test.each([
  ['{ a }', undefined, 'query'],
  ['query Q($id: ID = "}{") @live { a(b: {c: 1}) { d } }', undefined, 'query'],
  ['# mutation { }\nquery { a }', undefined, 'query'],
  ['mutation { a }', undefined, 'mutation'],
  ['fragment F on T { x } mutation M { a { ...F } }', undefined, 'mutation'],
  ['query { a(b: """ " } mutation { """) { c } }', undefined, 'query'],
  ['query A { a } mutation B { b }', 'A', 'query'],
  ['query A { a } mutation B { b }', 'B', 'mutation'],
  ['query A { a } mutation B { b }', undefined, undefined],
  ['query @B { a }', 'B', undefined],
  ['fragment F on T { x }', undefined, undefined],
  ['', undefined, undefined],
  ['nonsense', undefined, undefined],
])('the document %s, operation %s, is a %s', (document, name, kind) => {
  expect(operationKind(document, name)).toBe(kind)
})

describe('a connection', () => {
  const things = Array.from({ length: 10 }, (_, i) => ({ id: `i${i + 1}` }))
  const pageOf = (after: unknown, form: 'nodes' | 'edges') => {
    const from = after === undefined ? 0 : Number((after as string).slice(1))
    const nodes = things.slice(from, from + 3)
    const pageInfo = { hasNextPage: from + 3 < 10, endCursor: `c${from + nodes.length}` }
    return {
      pageInfo,
      ...(form === 'nodes' ? { nodes } : { edges: nodes.map((node) => ({ node, cursor: 'x' })) }),
    }
  }
  const options = {
    query:
      'query ($after: String) { shop { things(after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }',
    connection: '/shop/things',
    node: z.object({ id: z.string() }),
    variables: { first: 3 },
  }
  const serving = (form: 'nodes' | 'edges') =>
    given(({ variables }) => ({ body: { data: { shop: { things: pageOf(variables?.['after'], form) } } } }))
  const answering = (page: (nth: number) => unknown) =>
    given((_, nth) => ({ body: { data: { shop: { things: page(nth) } } } }))
  const refused = { code: 'ANSWER_REFUSED' }

  test.each(['nodes', 'edges'] as const)('of %s is read to its end, each node once', async (form) => {
    const { client, asked } = serving(form)
    expect(await collect(nodesIn(client, options))).toEqual(things)
    expect(asked.map(({ variables }) => variables)).toEqual([
      { first: 3 },
      { first: 3, after: 'c3' },
      { first: 3, after: 'c6' },
      { first: 3, after: 'c9' },
    ])
  })

  test('goes on from any of its pages', async () => {
    const { client } = serving('nodes')
    for await (const { next } of connectionPages(client, options)) {
      if (next === undefined) break
      const rest = await collect(nodesIn(client, { ...options, from: next }))
      expect(rest).toEqual(things.slice(Number(next.slice(1))))
    }
  })

  test('B120: that leads back to a page of itself is refused', async () => {
    const { client, asked } = answering(() => ({
      nodes: [],
      pageInfo: { hasNextPage: true, endCursor: 'same' },
    }))
    await expect(collect(nodesIn(client, options))).rejects.toMatchObject(refused)
    expect(asked).toHaveLength(2)
  })

  test('B120: that does not end is refused after as many pages as allowed', async () => {
    const { client, asked } = answering((nth) => ({
      nodes: [],
      pageInfo: { hasNextPage: true, endCursor: `${nth}` },
    }))
    await expect(collect(nodesIn(client, { ...options, maxPages: 50 }))).rejects.toMatchObject(refused)
    expect(asked).toHaveLength(50)
  })

  test.each([
    [{ nodes: [] }],
    [{ nodes: [], pageInfo: { hasNextPage: 'yes' } }],
    [{ nodes: [], pageInfo: { hasNextPage: true, endCursor: null } }],
    [{ nodes: [], pageInfo: { hasNextPage: true, endCursor: 'a'.repeat(4_097) } }],
    [{ nodes: [], pageInfo: { hasNextPage: true, endCursor: 'a\nb' } }],
    [{ pageInfo: { hasNextPage: false } }],
    [{ nodes: [{ id: 7 }], pageInfo: { hasNextPage: false } }],
    [null],
  ])('B121: of the form %j is refused', async (page) => {
    await expect(collect(nodesIn(answering(() => page).client, options))).rejects.toMatchObject(refused)
  })

  test('with a hole is an error: nothing is skipped in silence', async () => {
    const page = { nodes: [null], pageInfo: { hasNextPage: false } }
    const { client } = given({ body: { data: { shop: { things: page } }, errors: [{ type: 'FORBIDDEN' }] } })
    await expect(collect(nodesIn(client, options))).rejects.toMatchObject({ kind: 'forbidden' })
  })
})

test('answers of any form are data, an ApiError or a SluiceError: 20,000 cases', async () => {
  const word = fc.constantFrom('THROTTLED', 'FORBIDDEN', 'x', '')
  const error = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        message: fc.jsonValue(),
        path: fc.jsonValue(),
        type: fc.jsonValue(),
        extensions: fc.oneof(fc.jsonValue(), fc.record({ code: word })),
      },
      { requiredKeys: [] },
    ),
  )
  const throttleStatus = fc.record(
    { maximumAvailable: fc.jsonValue(), currentlyAvailable: fc.integer(), restoreRate: fc.integer() },
    { requiredKeys: [] },
  )
  const answer = fc.record(
    {
      data: fc.oneof(fc.jsonValue(), fc.record({ order: fc.jsonValue(), rateLimit: fc.jsonValue() })),
      errors: fc.oneof(fc.jsonValue(), fc.array(error, { maxLength: 3 })),
      extensions: fc.oneof(
        fc.jsonValue(),
        fc.record({ cost: fc.record({ requestedQueryCost: fc.integer(), throttleStatus }) }),
      ),
    },
    { requiredKeys: [] },
  )
  const text = fc.oneof(
    answer.map((each) => JSON.stringify(each)),
    fc.jsonValue().map((each) => JSON.stringify(each)),
    fc.string(),
  )
  const status = fc.constantFrom(200, 201, 301, 400, 401, 403, 404, 429, 500, 503)
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(text, status, async (body, code) => {
      const { client } = given({ body, status: code })
      try {
        const result = await askGraphql(client, { ...operation, data: z.unknown(), attempts: 1 })
        seen.add(result.kind)
        const errors = (JSON.parse(body) as { errors?: unknown }).errors ?? []
        expect(result.kind).toBe(Array.isArray(errors) && errors.length === 0 ? 'whole' : 'partial')
      } catch (thrown) {
        seen.add((thrown as Error).name)
        expect(thrown instanceof ApiError || thrown instanceof SluiceError).toBe(true)
      }
    }),
    { numRuns: 20_000, seed: 114 },
  )
  expect([...seen].toSorted()).toEqual(['ApiError', 'SluiceError', 'partial', 'whole'])
})

describe('over a real server', () => {
  test('a query outlives a server that cuts the line in the middle of its answer', async () => {
    let asked = 0
    const url = await localServer((request, response) => {
      request.resume()
      response.setHeader('content-type', 'application/graphql-response+json')
      if ((asked += 1) === 1) {
        response.setHeader('content-length', '500')
        response.write('{"data":', () => response.destroy())
      } else response.end('{"data":{"order":{"id":"9"}}}')
    })
    const { client, settle } = given(whole)
    const real = { ...client, fetch }
    const asking = askGraphql(real, { ...operation, path: url })
    expect(await settle(asking)).toMatchObject({ data: { order: { id: '9' } } })
    expect(asked).toBe(2)
  })
})
