import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import type { CallOptions } from '#lib/outbound/connection-fetch.ts'
import { idempotencyKeys } from '#lib/outbound/repeatable.ts'
import { sluiceLater } from '#lib/outbound/sluice.ts'
import { ms } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { givenCall, json, network, type GivenCall, type Reaction } from '#test/fakes/given-call.ts'

const ok = json({ id: 1 })
const post = { method: 'POST', body: 'a=1' }

/** Makes one call and says what came of it, and of the requests that left. */
async function calling(given: GivenCall, path = '/v1/charges', init?: RequestInit) {
  const world = givenCall(given)
  const answer = await world.settle(world.fetch(path, init))
  return { ...world, answer }
}

async function failing(given: GivenCall, path = '/v1/charges', init?: RequestInit) {
  const world = givenCall(given)
  const error: unknown = await world.settle(world.fetch(path, init)).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { ...world, error }
}

test.each([
  ['timeoutMs', 0, RangeError],
  ['timeoutMs', Number.NaN, RangeError],
  ['timeoutMs', 2 ** 31, RangeError],
  ['timeoutMs', '10', TypeError],
  ['attempts', 0, RangeError],
  ['attempts', 1.5, RangeError],
  ['maxBodyBytes', -1, RangeError],
  ['maxBodyBytes', Infinity, RangeError],
])('B102: %s of %s is refused before any call, by its name', (name, value, kind) => {
  const options = { [name]: value } as CallOptions
  const later = sluiceLater(() => Promise.reject(new Error('not yet')))
  for (const make of [
    () => givenCall({ reactions: [ok], options }),
    () => later.fetch('acme', { provider: 'stripe' }, options),
  ]) {
    expect(make).toThrow(kind)
    expect(make).toThrow(name)
  }
})

describe('a call', () => {
  test('begins at the API of its provider, with the credentials of its connection, and says how it went', async () => {
    const { answer, sent } = await calling({ reactions: [ok] }, '/v1/charges?limit=1')
    expect(await answer.json()).toEqual({ id: 1 })
    expect(sent.map(({ url, method }) => `${method} ${url.href}`)).toEqual([
      'GET https://api.stripe.com/v1/charges?limit=1',
    ])
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer token-1')
    expect(answer.headers.get('sluice-attempts')).toBe('1')
    expect(answer.headers.get('sluice-source')).toBe('live')
    expect(answer.url).toBe('https://api.stripe.com/v1/charges?limit=1')
  })

  test('may be a query alone, where the API is one address', async () => {
    const base = 'https://api.etherscan.io/v2/api'
    const given = { provider: 'etherscan', base, reactions: [ok] }
    const { sent } = await calling(given, '?module=account')
    expect(sent[0]?.url.href).toBe(`${base}?module=account&chainid=1`)
  })

  test('replaces credentials that its caller brought', async () => {
    const init = { headers: { authorization: 'Bearer placeholder' } }
    const { sent } = await calling({ reactions: [ok] }, '/v1/charges', init)
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer token-1')
  })

  test('puts credentials of the query where the provider wants them, and not into the answer', async () => {
    const authorize = async () => ({ headers: {}, query: { apikey: new Secret('k') } })
    const { sent, answer } = await calling({ reactions: [ok], authorize })
    expect(sent[0]?.url.search).toBe('?apikey=k')
    expect(answer.url).not.toContain('apikey')
  })

  test.each(['https://evil.example/v1', 'https://api.stripe.com.evil.example/', 'http://api.stripe.com/'])(
    'to %s is refused, and no credentials are asked for',
    async (address) => {
      const { error, sent, authorized } = await failing({ reactions: [ok] }, address)
      expect(error).toMatchObject({ code: 'ADDRESS_REFUSED' })
      expect([sent, authorized]).toEqual([[], []])
    },
  )

  test('sends its body again as it was', async () => {
    const { sent } = await calling({ reactions: [json({}, 503), ok] }, '/v1/x', {
      method: 'PUT',
      body: 'a=1',
    })
    expect(sent.map(({ body }) => Buffer.from(body ?? []).toString())).toEqual(['a=1', 'a=1'])
  })
})

describe('an answer that says "not now"', () => {
  test('is followed by another attempt where that can do nothing twice', async () => {
    const { answer, sent } = await calling({ reactions: [json({}, 503), ok] })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('sluice-attempts')).toBe('2')
    expect(sent).toHaveLength(2)
  })

  test('is handed over when a second attempt could do it twice', async () => {
    const { answer, sent } = await calling({ provider: 'slack', reactions: [json({}, 503), ok] }, '/x', post)
    expect([answer.status, sent.length]).toEqual([503, 1])
  })

  test('is followed by the same idempotency key under the name that the provider gives it', async () => {
    const options = { keys: idempotencyKeys('evt_1') }
    const { sent } = await calling({ reactions: [json({}, 503), ok], options }, '/v1/charges', post)
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{43}$/), keys[0]])
  })

  test('after the last attempt is the answer, its body whole', async () => {
    const { answer, sent } = await calling({ reactions: [json({ error: { code: 'x' } }, 503)] })
    expect(sent).toHaveLength(3)
    expect(await answer.json()).toEqual({ error: { code: 'x' } })
  })

  test('is not argued with when the attempts or the budget are used up', async () => {
    const once = await calling({ reactions: [json({}, 503), ok], options: { attempts: 1 } })
    expect([once.answer.status, once.sent.length]).toEqual([503, 1])
    const broke = await calling({ reactions: [json({}, 503), ok], budget: { ratio: 0, minPerWindow: 0 } })
    expect([broke.answer.status, broke.sent.length]).toEqual([503, 1])
  })

  test.each(['2', 'Wed, 27 May 2026 22:40:04 GMT'])(
    'waits as long as Retry-After says: %s',
    async (header) => {
      const limited = json({}, 429, { 'retry-after': header })
      const world = givenCall({ reactions: [limited, ok] })
      const before = world.clock.now()
      await world.settle(world.fetch('/v1/charges', post))
      const asked = header === '2' ? 2_000 : Math.max(0, Date.parse(header) - before)
      expect(world.sent[1]?.atMs).toBeGreaterThanOrEqual(asked)
    },
  )

  test('429 was not done, so that a POST may be sent again', async () => {
    const { answer, sent } = await calling({ provider: 'slack', reactions: [json({}, 429), ok] }, '/x', post)
    expect([answer.status, sent.length]).toEqual([200, 2])
  })

  test('B113: of a wait beyond the deadline is handed over at once', async () => {
    const { answer, sent, clock } = await calling({ reactions: [json({}, 429, { 'retry-after': '3600' })] })
    expect([answer.status, sent.length, clock.waiting]).toEqual([429, 1, 0])
  })

  test('B114: inside a 200 is found where the provider hides it', async () => {
    const hidden = json({ ok: false, error: 'ratelimited' })
    const { answer, sent } = await calling(
      { provider: 'slack', reactions: [hidden, json({ ok: true })] },
      '/x',
      post,
    )
    expect(await answer.json()).toEqual({ ok: true })
    expect(sent).toHaveLength(2)
  })
})

describe('refused credentials', () => {
  const refusal = json({ message: 'Bad credentials' }, 401)
  const github = { provider: 'github', base: 'https://api.github.com' }

  test('B115: are renewed once, and the call is made again', async () => {
    const { answer, sent, authorized, locked } = await calling({ ...github, reactions: [refusal, ok] })
    expect(answer.status).toBe(200)
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(authorized[1]?.headers['authorization']?.reveal()).toBe('Bearer token-1')
    expect(locked).toEqual([])
  })

  test('B115: that are fresh are not renewed again: the connection is said to be locked out', async () => {
    const { answer, sent, locked } = await calling({ ...github, reactions: [refusal] })
    expect([answer.status, sent.length]).toEqual([401, 2])
    expect(locked.map(({ headers }) => headers['authorization']?.reveal())).toEqual(['Bearer token-2'])
  })
})

describe('no answer', () => {
  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])(
    '%s: the request never left, so a POST is sent again',
    async (code) => {
      const { answer, sent } = await calling(
        { provider: 'slack', reactions: [network(code), ok] },
        '/x',
        post,
      )
      expect([answer.status, sent.length]).toEqual([200, 2])
    },
  )

  test('ECONNRESET: it may have been heard, so a POST is not sent again, and a GET is', async () => {
    const posted = await failing({ provider: 'slack', reactions: [network('ECONNRESET'), ok] }, '/x', post)
    expect(posted.error).toMatchObject({
      name: 'ApiError',
      kind: 'unreachable',
      status: 0,
      provider: 'slack',
    })
    expect(posted.sent).toHaveLength(1)
    expect((await calling({ reactions: [network('ECONNRESET'), ok] })).sent).toHaveLength(2)
  })

  test('B117: whatever never ends is ended by the deadline, its body too', async () => {
    const hangs = await failing({ reactions: [(_, { signal }) => untilAborted(signal)] })
    expect(hangs.error).toMatchObject({ name: 'DeadlineExceeded' })
    expect(hangs.reports).toEqual(['failure'])

    const world = givenCall({
      provider: 'hmac',
      reactions: [async (_, { signal }) => new Response(endless(signal))],
    })
    const answer = await world.settle(world.fetch('/v1/charges'))
    await expect(world.settle(answer.text())).rejects.toMatchObject({ name: 'DeadlineExceeded' })
  })

  test('the deadline counts over all attempts', async () => {
    const slow: Reaction = async (_, { signal }) => {
      await world.clock.sleep(ms(2_000), signal)
      return json({}, 503)
    }
    const world = givenCall({ reactions: [slow] })
    const before = world.clock.now()
    await world.settle(world.fetch('/v1/charges')).catch(() => undefined)
    expect(world.clock.now() - before).toBeLessThanOrEqual(5_000)
    expect(world.sent.length).toBeLessThanOrEqual(3)
  })

  test('a caller who gives up is heard at once, and it is not held against the provider', async () => {
    const controller = new AbortController()
    const why = new Error('enough')
    const world = givenCall({ reactions: [(_, { signal }) => untilAborted(signal)] })
    const work = world.fetch('/v1/charges', { signal: controller.signal })
    await world.clock.advance(0)
    controller.abort(why)
    await expect(world.settle(work)).rejects.toBe(why)
    expect(world.reports).toEqual(['ignored'])
    expect(world.clock.waiting).toBe(0)
  })
})

describe('what holds a call back', () => {
  test('an open breaker lets nothing out and says for how long', async () => {
    const { error, sent } = await failing({ reactions: [ok], breakerOpenMs: 30_000 })
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ kind: 'held', code: 'breaker_open', action: 'wait', retryAfterMs: 30_000 })
    expect(sent).toEqual([])
  })

  test('an open breaker takes nothing of the limit', async () => {
    const { taken } = await failing({ reactions: [ok], breakerOpenMs: 30_000 })
    expect(taken).toEqual([])
  })

  test('a limit is waited for half of the time, so that the answer has the rest', async () => {
    const patient = await calling({ reactions: [ok], waits: [2_000] })
    expect(patient.sent[0]?.atMs).toBe(2_000)
    const { error, sent } = await failing({ reactions: [ok], waits: [2_000, 1_000] })
    expect(error).toMatchObject({ kind: 'held', code: 'limited', retryAfterMs: 1_000 })
    expect(sent).toEqual([])
  })

  test('the breaker is asked again after a wait for the limit, and hears of what was not sent', async () => {
    const { reports } = await failing({ reactions: [ok], waits: [60_000] })
    expect(reports).toEqual(['ignored'])
    const patient = await calling({ reactions: [ok], waits: [1_000] })
    expect(patient.reports).toEqual(['success'])
  })

  test.each([
    ['an answer', json({}, 503)],
    ['no connection', network('ECONNREFUSED')],
    ['silence', (_: unknown, { signal }: { signal: AbortSignal }) => untilAborted(signal)],
  ])('a failure by %s that finds the breaker open says for how long', async (_, reaction) => {
    const asked: number[] = []
    const world = givenCall({
      reactions: [reaction],
      illMs: 20_000,
      options: { attempts: 1, asked: (waitMs) => asked.push(waitMs) },
    })
    await world.settle(world.fetch('/v1/charges')).catch(() => undefined)
    expect(asked).toEqual([20_000])
  })

  test('a 503 that names a time is handed over with it', async () => {
    const { answer } = await calling({ reactions: [json({}, 503, { 'retry-after': '120' })] })
    expect(answer.headers.get('sluice-wait-ms')).toBe('120000')
  })

  test('a limit is waited for within the deadline, and no longer', async () => {
    const patient = await calling({ reactions: [ok], waits: [1_000] })
    expect(patient.sent[0]?.atMs).toBe(1_000)
    const { error, sent } = await failing({ reactions: [ok], waits: [60_000] })
    expect(error).toMatchObject({ kind: 'held', code: 'limited', retryAfterMs: 60_000 })
    expect(sent).toEqual([])
  })

  test('the limits are those that the provider declares, asked for with the priority of the work', async () => {
    const { taken } = await calling({ reactions: [ok], options: { priority: 'poll' } }, '/v1/charges/search')
    expect(
      taken.map(({ scope, priority }) => [scope.provider, scope.scope.startsWith('conn_1'), priority]),
    ).toEqual([
      ['stripe', true, 'poll'],
      ['stripe', true, 'poll'],
    ])
  })

  test.each([
    [200, 'success'],
    [404, 'success'],
    [429, 'ignored'],
    [500, 'failure'],
  ])('the breaker hears of %i that it is a %s', async (status, outcome) => {
    const { reports } = await calling({ reactions: [json({}, status)], options: { attempts: 1 } })
    expect(reports).toEqual([outcome])
  })

  test('the breaker hears of every pass, also when nothing could be sent', async () => {
    const refused = async (): Promise<Response> => {
      throw new TypeError('a mistake in here')
    }
    const { reports, error } = await failing({ reactions: [refused] })
    expect(error).toBeInstanceOf(TypeError)
    expect(reports).toEqual(['ignored'])
  })
})

describe('idempotency keys', () => {
  const request = (path: string, body?: string, method = 'POST') => ({
    method,
    url: new URL(path, 'https://api.example'),
    headers: new Headers(),
    ...(body !== undefined && { body: Buffer.from(body) }),
  })

  test('are the same for the same calls of two attempts, and differ for two calls of one', () => {
    const calls = [request('/a', '1'), request('/a', '1'), request('/a', '2'), request('/b', '1')]
    const [first, second] = [idempotencyKeys('evt_1'), idempotencyKeys('evt_1')]
    const keys = calls.map((each) => first(each))
    expect(calls.map((each) => second(each))).toEqual(keys)
    expect(new Set(keys).size).toBe(4)
  })

  test('differ for other work, and where the parts of a call lie elsewhere', () => {
    const key = (root: string, path: string, body?: string) => idempotencyKeys(root)(request(path, body))
    expect(
      new Set([key('evt_1', '/a', '1'), key('evt_2', '/a', '1'), key('evt_1', '/a1', ''), key('evt_1', '/a')])
        .size,
    ).toBe(4)
  })
})

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const endless = (signal: AbortSignal): ReadableStream =>
  new ReadableStream({
    start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
  })
