import type { ServerResponse } from 'node:http'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Breaker } from '#lib/outbound/breaker.ts'
import { connectionFetch, type Caller } from '#lib/outbound/connection-fetch.ts'
import type { Limiter } from '#lib/outbound/limiter.ts'
import type { RetryingClient } from '#lib/outbound/retrying-client.ts'
import { sseParser, type SseItem } from '#lib/outbound/sse-parse.ts'
import { serverEvents, type SseEvent, type SseOptions } from '#lib/outbound/sse.ts'
import { seconds, systemClock } from '#lib/primitives/clock.ts'
import { httpsTransport } from '#lib/outbound/transport.https.ts'
import { DeadlineExceeded } from '#lib/primitives/deadline.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { collect, first } from '#test/fakes/collect.ts'
import { givenApi } from '#test/fakes/given-api.ts'
import { localServer } from '#test/fakes/local-server.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const parsed = (chunks: readonly (string | Uint8Array)[], most = 1_000): SseItem[] => {
  const parser = sseParser(most)
  return chunks.flatMap((chunk) => [...parser.read(Buffer.from(chunk))])
}
const events = (...chunks: readonly string[]) =>
  parsed(chunks).flatMap((item) => (item.kind === 'event' ? [[item.type, item.data, item.id]] : []))

describe('an event stream', () => {
  test.each([
    ['data: a\n\n', [['message', 'a', '']]],
    [
      'data:a\r\rdata:b\r\n\r\n',
      [
        ['message', 'a', ''],
        ['message', 'b', ''],
      ],
    ],
    ['data: a\ndata\ndata:  b\n\n', [['message', 'a\n\n b', '']]],
    ['data\n\n', [['message', '', '']]],
    [
      'event: x\nid: 1\ndata: a\n\ndata: b\n\n',
      [
        ['x', 'a', '1'],
        ['message', 'b', '1'],
      ],
    ],
    ['id: 1\n\ndata: b\n\n', [['message', 'b', '1']]],
    [
      'id: 1\ndata: a\n\nid\ndata: b\n\n',
      [
        ['message', 'a', '1'],
        ['message', 'b', ''],
      ],
    ],
    [
      'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n',
      [
        ['message', 'a', '1'],
        ['message', 'b', '1'],
      ],
    ],
    ['event: x\n\ndata: a\n\n', [['message', 'a', '']]],
    [': beat\n\n:\ndata: a\n\n', [['message', 'a', '']]],
    ['\u{feff}data: a\n\n', [['message', 'a', '']]],
    ['\u{feff}\u{feff}data: a\n\ndata: b\n\n', [['message', 'b', '']]],
    ['data: a\n\n\u{feff}data: b\n\n', [['message', 'a', '']]],
    ['nonsense\ndatax: y\nData: z\ndata: a\n\n', [['message', 'a', '']]],
    ['data: cut off', []],
    ['data: cut off\n', []],
  ])('%j is %j', (text, expected) => expect(events(text)).toEqual(expected))

  test('may be cut between the two characters that end a line', () => {
    expect(events('data: a\r', '\ndata: b\r', '\n\r', '\n')).toEqual([['message', 'a\nb', '']])
    expect(events('data: a\r', '', '\ndata: b\r\r')).toEqual([['message', 'a\nb', '']])
  })

  test('says how long to wait in digits, and in nothing else', () => {
    expect(parsed(['retry: 2500\nretry: 1.5\nretry: -1\nretry\nretry: 0x1\n'])).toEqual([
      { kind: 'retry', waitMs: 2_500 },
    ])
  })

  test('has events that are no longer than allowed, after those before a longer one', () => {
    const parser = sseParser(20)
    const found: SseItem[] = []
    const read = (text: string): void => {
      for (const item of parser.read(Buffer.from(text))) found.push(item)
    }
    expect(() => read(`data: a\n\ndata: ${'b'.repeat(20)}`)).toThrow(SluiceError)
    expect(found).toMatchObject([{ data: 'a' }])
    expect(() => parsed(['data: 12345678\ndata: 12345678\n\n'], 20)).toThrow('longer than 20')
    expect(parsed([': a comment alone\n'.repeat(50), 'data: a\n\n'], 20)).toHaveLength(1)
  })
})

/** Told by the specification, line by line, over the whole text at once. */
function reference(bytes: Uint8Array): string[][] {
  const text = new TextDecoder().decode(bytes)
  const lines = text.split(/\r\n|\r|\n/)
  lines.pop()
  const found: string[][] = []
  let [type, data, id] = ['', '', '']
  for (const line of lines) {
    if (line === '') {
      if (data !== '') found.push([type || 'message', data.replace(/\n$/, ''), id])
      type = ''
      data = ''
      continue
    }
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') data += `${value ?? ''}\n`
    if (name === 'event') type = value ?? ''
    if (name === 'id' && !value?.includes('\0')) id = value ?? ''
  }
  return found
}

test('however a stream is cut, its events are those of the whole text: 5,000 cases', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      'data',
      'data: ',
      'id: ',
      'event:',
      ':',
      ' ',
      '\0',
      'ä',
      '😀',
      '\u{feff}',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const stream = fc
    .tuple(fc.array(part, { maxLength: 60 }), fc.uint8Array({ maxLength: 3 }))
    .map(([parts, junk]) =>
      Buffer.concat([Buffer.from(parts.join('')), junk, Buffer.from('\n\ndata: x\n\n')]),
    )
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 8 }), (bytes, cuts) => {
      const edges = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
      const chunks = edges.slice(1).map((end, i) => bytes.subarray(edges[i], end))
      const found = (cut: readonly Uint8Array[]) =>
        parsed(cut, 100_000).flatMap((item) =>
          item.kind === 'event' ? [[item.type, item.data, item.id]] : [],
        )
      const expected = reference(bytes)
      expect(found(chunks)).toEqual(expected)
      expect(found([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
    }),
    { numRuns: 5_000, seed: 6 },
  )
})

/** One connection as the server holds it. */
interface Held {
  readonly headers: Headers
  readonly atMs: number
  readonly signal: AbortSignal
  write(text: string): void
  /** In order. */
  end(): void
  /** As a server that fell. */
  cut(reason?: Error): void
}

type Opening = Error | ((held: Held) => unknown)

/** A server in memory: what it does with each connection, the last one going on. */
function given(openings: readonly Opening[], options: Partial<SseOptions> = {}, seed = 1) {
  const clock = virtualClock()
  const start = clock.now()
  const held: Held[] = []
  const client: RetryingClient = {
    provider: 'test',
    api: undefined,
    clock,
    random: seededRandom(seed),
    fetch: async (_, init) => {
      const opening = openings[Math.min(held.length, openings.length - 1)]
      const signal = init?.signal ?? new AbortController().signal
      let out: ReadableStreamDefaultController<Uint8Array> | undefined
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (out = controller) })
      const connection: Held = {
        headers: new Headers(init?.headers),
        atMs: clock.now() - start,
        signal,
        write: (text) => out?.enqueue(Buffer.from(text)),
        end: () => out?.close(),
        cut: (reason = Object.assign(new Error('cut'), { code: 'ECONNRESET' })) => out?.error(reason),
      }
      held.push(connection)
      if (opening instanceof Error) throw opening
      const instead = opening?.(connection)
      if (instead instanceof Response) return instead
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    },
  }
  const read = serverEvents(client, { path: '/events', ...options })
  async function settle<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = (): void => void (over = true)
    work.then(end, end)
    while (!over) await clock.next()
    return work
  }
  return { client, clock, held, read, settle }
}

const gone = () => new Response(null, { status: 204 })
const answer = (body: string, status: number, type?: string) => (): Response =>
  new Response(body, { status, ...(type !== undefined && { headers: { 'content-type': type } }) })
const data = (found: readonly SseEvent[]): string[] => found.map((event) => event.data)

describe('a server’s events', () => {
  test('are asked for as the standard says, and end with 204', async () => {
    const { read, held, settle } = given([gone], { init: { headers: { 'x-own': '1' } } })
    expect(await settle(collect(read))).toEqual([])
    expect(held[0]?.headers.get('accept')).toBe('text/event-stream')
    expect(held[0]?.headers.get('x-own')).toBe('1')
    expect(held[0]?.headers.has('last-event-id')).toBe(false)
  })

  test('go on with the last id where the connection was lost: one that came alone, none of an event that was cut off', async () => {
    const { read, held, settle } = given([
      (at) => (at.write('id: 1\ndata: a\n\nid: ä2\n\nid: 99\ndata: lost'), at.end()),
      (at) => (at.write('id: 3\ndata: b\n\n'), at.end()),
      gone,
    ])
    expect(await settle(collect(read))).toEqual([
      { type: 'message', data: 'a', id: '1' },
      { type: 'message', data: 'b', id: '3' },
    ])
    const sent = held.map(({ headers }) => headers.get('last-event-id'))
    expect(sent).toEqual([null, Buffer.from('ä2').toString('latin1'), '3'])
  })

  test('begin where they are told to', async () => {
    const { read, held, settle } = given([gone], { from: '41' })
    await settle(collect(read))
    expect(held[0]?.headers.get('last-event-id')).toBe('41')
  })

  test('that a server sends again after a loss are passed over, and no other is', async () => {
    const { read, settle } = given([
      (at) => (at.write('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 2\ndata: b\n\ndata: no id\n\n'), at.end()),
      (at) => (
        at.write(
          'id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 2\ndata: other\n\nid: 3\ndata: c\n\ndata: no id\n\n',
        ),
        at.end()
      ),
      gone,
    ])
    // Within one connection the server knows what it says twice; another event may share an id.
    expect(data(await settle(collect(read)))).toEqual(['a', 'b', 'b', 'no id', 'other', 'c', 'no id'])
  })

  test('without ids are never taken for ones that came before', async () => {
    const tick: Opening = (at) => (at.write('data: tick\n\n'), at.end())
    const { read, settle } = given([tick, tick, gone])
    expect(data(await settle(collect(read)))).toEqual(['tick', 'tick'])
  })

  test('wait as long as the server says, and a while that is nobody else’s', async () => {
    const { read, held, settle } = given([(at) => (at.write('retry: 5000\n'), at.end()), gone])
    await settle(collect(read))
    expect(held[1]?.atMs).toBeGreaterThanOrEqual(5_000)
    expect(held[1]?.atMs).toBeLessThanOrEqual(6_000)
  })

  test('are not waited for longer than five minutes, whatever the server says', async () => {
    const { read, held, settle } = given([(at) => (at.write(`retry: ${'9'.repeat(400)}\n`), at.end()), gone])
    await settle(collect(read))
    expect(held[1]?.atMs).toBeLessThanOrEqual(301_000)
  })

  test('are given up on silence, and comments are none', async () => {
    const { read, held, clock } = given([() => undefined, gone], { heartbeatMs: 10_000 })
    const reading = collect(read)
    for (let beats = 0; beats < 5; beats += 1) {
      await clock.advance(9_000)
      held[0]?.write(':\n')
    }
    await clock.advance(9_999)
    expect(held[0]?.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(held[0]?.signal.aborted).toBe(true)
    await clock.advance(1_000)
    expect(await reading).toEqual([])
    expect(clock.waiting).toBe(0)
  })

  test('are not given up for silence while one of them is handled', async () => {
    const { read, held, clock } = given([(at) => at.write('data: a\n\ndata: b\n\n'), gone], {
      heartbeatMs: 10_000,
    })
    expect(await read.next()).toMatchObject({ value: { data: 'a' } })
    await clock.advance(60_000)
    expect(await read.next()).toMatchObject({ value: { data: 'b' } })
    expect(held[0]?.signal.aborted).toBe(false)
    await read.return()
  })

  test('close their connection when nobody wants more', async () => {
    const { read, held, clock } = given([(at) => at.write('data: a\n\ndata: b\n\n')])
    expect(data(await first(1, read))).toEqual(['a'])
    expect(held[0]?.signal.aborted).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  test('end with the reason of their signal: while it is silent, while it waits, before it begins', async () => {
    const reason = new Error('enough')
    for (const [openings, advance] of [
      [[() => undefined], 10],
      [[(at: Held) => at.end()], 0],
    ] as const) {
      const controller = new AbortController()
      const { read, clock } = given(openings, { signal: controller.signal, reconnect: { baseMs: 30_000 } })
      const reading = collect(read)
      await clock.advance(advance)
      controller.abort(reason)
      await expect(reading).rejects.toBe(reason)
      expect(clock.waiting).toBe(0)
    }
    const { read, held } = given([gone], { signal: AbortSignal.abort(reason) })
    await expect(collect(read)).rejects.toBe(reason)
    expect(held.length).toBeLessThanOrEqual(1)
  })

  const refused = { code: 'ANSWER_REFUSED' }
  test.each<[string, Opening, object]>([
    ['JSON', answer('{}', 200, 'application/json'), refused],
    ['a type that begins alike', answer('x', 200, 'text/event-streams'), refused],
    ['no type', answer('x', 200), refused],
    ['201', answer('x', 201, 'text/event-stream'), refused],
    ['401', answer('x', 401), { kind: 'expired' }],
    ['404 with much to say', answer('x'.repeat(100_000), 404), { kind: 'missing' }],
    ['a refused address', new SluiceError('ADDRESS_REFUSED', 'x'), { code: 'ADDRESS_REFUSED' }],
    [
      'a lost grant',
      new ApiError({ provider: 'test', status: 0, kind: 'disconnected' }),
      { kind: 'disconnected' },
    ],
    ['an event too long', (at) => at.write(`data: ${'x'.repeat(10_000)}`), refused],
    ['an id that no header takes', (at) => (at.write('id: \u0001\ndata: a\n\n'), at.end()), refused],
    ['an id too long', (at) => (at.write(`id: ${'1'.repeat(5_000)}\n\n`), at.end()), refused],
  ])('end at once with %s: opening again would not mend it', async (_, opening, error) => {
    const { read, held, settle } = given([opening, gone], { maxEventBytes: 8_000 })
    await expect(settle(collect(read))).rejects.toMatchObject(error)
    expect(held).toHaveLength(1)
  })

  test('are asked for again after faults that pass, ten times in a row', async () => {
    const down = () => new Response('', { status: 503, headers: { 'retry-after': '20' } })
    const { read, held, settle } = given([down])
    await expect(settle(collect(read))).rejects.toMatchObject({ kind: 'unavailable', status: 503 })
    expect(held).toHaveLength(11)
    expect((held[1]?.atMs ?? 0) >= 20_000).toBe(true)
  })

  test('outlive the deadline of the fetch that opens them, before the answer and after', async () => {
    const late = new DeadlineExceeded('late')
    const { read, held, settle } = given([late, (at) => (at.write('data: a\n\n'), at.cut(late)), gone])
    await settle(collect(read))
    expect(held).toHaveLength(3)
  })

  test('may be lost as often as it pleases the server as long as something new comes', async () => {
    let nth = 0
    const { read, settle } = given([(at) => (at.write(`id: ${(nth += 1)}\ndata: ${nth}\n\n`), at.end())], {
      reconnect: { attempts: 1 },
    })
    expect(await settle(first(50, read))).toHaveLength(50)
  })

  test('that only repeat themselves are no progress', async () => {
    const { read, settle } = given([(at) => (at.write('id: 1\ndata: a\n\n'), at.cut())], {
      reconnect: { attempts: 3 },
    })
    await expect(settle(collect(read))).rejects.toMatchObject({ kind: 'unreachable' })
  })

  test('come back to a server that fell spread over the whole wait', async () => {
    const back: number[] = []
    for (let seed = 0; seed < 400; seed += 1) {
      const { read, held, settle } = given([(at) => at.cut(), gone], { reconnect: { baseMs: 10_000 } }, seed)
      await settle(collect(read))
      back.push(held[1]?.atMs ?? 0)
    }
    const perSecond = Array.from(
      { length: 10 },
      (_, i) => back.filter((at) => Math.floor(at / 1_000) === i).length,
    )
    expect(Math.min(...perSecond)).toBeGreaterThan(15)
    expect(Math.max(...perSecond)).toBeLessThan(75)
  })

  test.each([
    [{ heartbeatMs: 0 }],
    [{ heartbeatMs: Infinity }],
    [{ maxEventBytes: 0.5 }],
    [{ reconnect: { baseMs: -1 } }],
    [{ reconnect: { capMs: Number.NaN } }],
    [{ reconnect: { baseMs: 5, capMs: 4 } }],
    [{ reconnect: { attempts: 0 } }],
  ])('B102: with %j are a mistake of the program', async (options) => {
    await expect(given([gone], options).read.next()).rejects.toThrow(RangeError)
  })
})

describe('over a real server', () => {
  /** A log of events that a client can resume; `reply` decides what each connection sees of it. */
  async function serving(reply: (nth: number, from: number, response: ServerResponse) => void) {
    let connections = 0
    const url = await localServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      reply((connections += 1), Number(request.headers['last-event-id'] ?? 0), response)
    })
    const client: RetryingClient = {
      provider: 'test',
      api: undefined,
      clock: systemClock,
      random: seededRandom(1),
      fetch,
    }
    return { client, options: { path: url, reconnect: { baseMs: 1, capMs: 1 } } }
  }
  const write = (response: ServerResponse, from: number, to: number): void => {
    for (let id = from; id <= to; id += 1) response.write(`id: ${id}\ndata: ${id}\n\n`)
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1))

  test('every event comes once though the server falls in the middle of one, again and again', async () => {
    const { client, options } = await serving((_, from, response) => {
      write(response, from + 1, from + 3)
      response.write(`id: ${from + 4}\ndata: hal`, () => response.destroy())
    })
    expect(data(await first(30, serverEvents(client, options)))).toEqual(upTo(30))
  })

  test('every event comes once though the server goes back further than it was asked', async () => {
    const { client, options } = await serving((_, from, response) => {
      write(response, Math.max(1, from - 2), from + 5)
      response.end()
    })
    expect(data(await first(30, serverEvents(client, options)))).toEqual(upTo(30))
  })

  test('a connection that is half open is given up and opened again', async () => {
    const { client, options } = await serving((nth, from, response) => {
      write(response, from + 1, from + 1)
      // The first says nothing more and does not end.
      if (nth > 1) write(response, from + 2, from + 3)
    })
    const found = first(3, serverEvents(client, { ...options, heartbeatMs: 300 }))
    expect(data(await found)).toEqual(upTo(3))
  })

  test('the server sees that nobody reads any more', async () => {
    const closed = Promise.withResolvers<void>()
    const { client, options } = await serving((_, __, response) => {
      response.on('close', () => closed.resolve())
      write(response, 1, 3)
    })
    await first(1, serverEvents(client, options))
    await closed.promise
  })

  test('a connection’s fetch limits its connections, and no event is lost by that', async () => {
    const url = await localServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const from = Number(request.headers['last-event-id'] ?? 0)
      let id = from
      // One at a time, so that what is too much comes after what is not.
      const next = (): void => {
        if (id < from + 5) response.write(`id: ${(id += 1)}\ndata: ${id}\n: ${'x'.repeat(100)}\n\n`)
        if (id < from + 5) setImmediate(next)
      }
      next()
    })
    const granted: Limiter = { take: async () => ({ kind: 'granted' }), observe: () => undefined }
    const closed: Breaker = {
      enter: async () => ({ kind: 'pass', probe: false, report: async () => undefined }),
    }
    let opened = 0
    const send = httpsTransport()
    const caller: Caller = {
      provider: 'test',
      connection: 'c',
      // Hides failures in successes: what is no stream is read whole.
      api: givenApi({ errors: { always: 'json' } }, url.origin),
      address: async () => ({ base: url.origin, origins: new Set([url.origin]), trusted: true }),
      authorize: async () => ({ headers: {}, query: {} }),
      locked: async () => undefined,
    }
    const clock = systemClock
    const fetch = connectionFetch(
      caller,
      { maxBodyBytes: 400, timeoutMs: seconds(30) },
      {
        send: (request, options) => ((opened += 1), send(request, options)),
        limiter: granted,
        breaker: closed,
        clock,
        random: seededRandom(1),
        budget: retryBudget({ ratio: 1, minPerWindow: 10, windowMs: 1_000, clock }),
      },
    )
    const client = { provider: 'test', api: undefined, random: seededRandom(1), clock, fetch }
    const options = { path: '/events', reconnect: { baseMs: 1, capMs: 1 } }
    const found = await first(20, serverEvents(client, options))
    expect(data(found)).toEqual(upTo(20))
    expect(opened).toBeGreaterThan(3)
  })
})
