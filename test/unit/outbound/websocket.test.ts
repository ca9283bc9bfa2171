import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket as ServedSocket } from 'ws'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type {
  SocketClient,
  SocketMessage,
  SocketOptions,
  SocketReader,
} from '#lib/outbound/socket-options.ts'
import { httpsSockets } from '#lib/outbound/socket.https.ts'
import type { Socket, SocketAddress, SocketData, SocketNews } from '#lib/outbound/socket.ts'
import { readSocket } from '#lib/outbound/websocket.ts'
import { ms, systemClock } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { collect, first } from '#test/fakes/collect.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

type Listener = (event: SocketNews) => void

/** A socket in memory, and the other end of it. */
interface Held extends Socket {
  readonly address: SocketAddress
  readonly atMs: number
  readonly sent: SocketData[]
  closed: boolean
  open(): void
  say(...messages: readonly unknown[]): void
  drop(code?: number, reason?: string): void
}

type Opening = Error | ((held: Held) => unknown)

/** A server in memory: what it does once a socket is made, the last one going on. */
function given(openings: readonly Opening[], options: Partial<SocketOptions> = {}, seed = 1) {
  const clock = virtualClock()
  const start = clock.now()
  const held: Held[] = []
  const open = (address: SocketAddress): Socket => {
    const opening = openings[Math.min(held.length, openings.length - 1)]
    const listeners: Record<string, Listener[]> = {}
    const tell = (type: string, event: SocketNews): void =>
      listeners[type]?.forEach((listen) => listen(event))
    const socket: Held = {
      address,
      atMs: clock.now() - start,
      sent: [],
      closed: false,
      binaryType: 'blob',
      addEventListener: (type, listener) => void (listeners[type] ??= []).push(listener),
      send: (data) => void socket.sent.push(data),
      close: () => void (socket.closed = true),
      open: () => tell('open', {}),
      say: (...messages) => messages.forEach((data) => tell('message', { data })),
      drop: (code = 1_006, reason = '') => tell('close', { code, reason }),
    }
    held.push(socket)
    if (opening instanceof Error) throw opening
    clock.after(ms(0), () => void opening?.(socket))
    return socket
  }
  const client: SocketClient = { provider: 'test', open, clock, random: seededRandom(seed) }
  const reader = readSocket(client, { address: () => ({ url: 'wss://test.example/' }), ...options })
  async function settle<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = (): void => void (over = true)
    work.then(end, end)
    while (!over) await clock.next()
    return work
  }
  return { clock, held, reader, settle }
}

const saying =
  (...messages: readonly unknown[]): Opening =>
  (at) => (at.open(), at.say(...messages))
const sayingThen =
  (code: number, ...messages: readonly unknown[]): Opening =>
  (at) => (at.open(), at.say(...messages), at.drop(code))
const texts = (messages: readonly SocketMessage[]) => messages.map(({ data }) => data)
const ends = { closeMeans: { 1000: 'end' } } as const
const end = sayingThen(1_000)
const numbered = (data: SocketData): string => String(data).replace(/\D/g, '')

describe('the messages of a WebSocket', () => {
  test('are text and bytes, in order, to the code that ends them', async () => {
    const { reader, held, settle, clock } = given(
      [sayingThen(1_000, 'a', new Uint8Array([1, 2]).buffer, 'b')],
      ends,
    )
    expect(texts(await settle(collect(reader)))).toEqual(['a', new Uint8Array([1, 2]), 'b'])
    expect(held[0]?.binaryType).toBe('arraybuffer')
    expect(held[0]?.closed).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  test('are asked for only when they are read, and once', async () => {
    const { reader, held, settle } = given([end], ends)
    expect(held).toHaveLength(0)
    await settle(collect(reader))
    expect(() => reader[Symbol.asyncIterator]()).toThrow(TypeError)
  })

  test('are asked for anew on each connection, at the address and with the token of its time', async () => {
    const { reader, held, settle } = given(
      [sayingThen(1_006, 'm1', 'm2', 'x'), sayingThen(1_012, 'm3'), end],
      {
        ...ends,
        address: async (resume) => ({ url: `wss://test.example/?from=${resume ?? ''}` }),
        greeting: (resume) => ['hello', `subscribe ${resume ?? 'all'}`],
        resumeToken: (data) => numbered(data) || undefined,
      },
    )
    const found = await settle(collect(reader))
    expect(found.map(({ data, connection, resume }) => [data, connection, resume])).toEqual([
      ['m1', 1, '1'],
      ['m2', 1, '2'],
      ['x', 1, '2'],
      ['m3', 2, '3'],
    ])
    expect(held.map(({ address }) => address.url)).toEqual([
      'wss://test.example/?from=',
      'wss://test.example/?from=2',
      'wss://test.example/?from=3',
    ])
    expect(held.map(({ sent }) => sent)).toEqual([
      ['hello', 'subscribe all'],
      ['hello', 'subscribe 2'],
      ['hello', 'subscribe 3'],
    ])
  })

  test('begin where they are told to', async () => {
    const { reader, held, settle } = given([end], {
      ...ends,
      from: '41',
      greeting: (resume) => [resume ?? ''],
    })
    await settle(collect(reader))
    expect(held[0]?.sent).toEqual(['41'])
  })

  test('that come again under their name are passed over and counted', async () => {
    const openings = [sayingThen(1_006, 'm1', 'm2', 'm2'), sayingThen(1_006, 'm1', 'm2', 'm3'), end]
    const { reader, settle } = given(openings, { ...ends, idOf: numbered })
    expect(texts(await settle(collect(reader)))).toEqual(['m1', 'm2', 'm3'])
    expect(reader.counts).toEqual({ connections: 3, received: 6, repeated: 3, dropped: 0 })
  })

  test('are asked for by pings, whose answers are no messages', async () => {
    const ping = { text: 'ping', everyMs: 5_000, isAnswer: (data: SocketData) => data === 'pong' }
    const { reader, held, clock } = given([saying('a')], { ...ends, ping, idleMs: 12_000 })
    const reading = collect(reader)
    await clock.advance(5_000)
    expect(held[0]?.sent).toEqual(['ping'])
    for (let beats = 0; beats < 6; beats += 1) {
      held[0]?.say('pong')
      await clock.advance(5_000)
    }
    expect(held).toHaveLength(1)
    held[0]?.drop(1_000)
    expect(texts(await reading)).toEqual(['a'])
    expect(clock.waiting).toBe(0)
  })

  test('are given up on silence, and on a socket that does not open', async () => {
    const { reader, held, clock } = given([saying(), () => undefined, end], {
      ...ends,
      idleMs: 20_000,
      openMs: 4_000,
    })
    const reading = collect(reader)
    await clock.advance(19_999)
    expect(held[0]?.closed).toBe(false)
    await clock.advance(1)
    expect(held[0]?.closed).toBe(true)
    await clock.advance(1_000)
    expect(held).toHaveLength(2)
    await clock.advance(4_000)
    expect(held[1]?.closed).toBe(true)
    await clock.advance(2_000)
    expect(await reading).toEqual([])
  })

  test('of a connection that was given up are heard no more', async () => {
    const { reader, held, clock } = given([saying(), saying('b')], { idleMs: 10_000 })
    const reading = first(1, reader)
    await clock.advance(10_000)
    held[0]?.say('late')
    await clock.advance(1_000)
    expect(texts(await reading)).toEqual(['b'])
  })

  test('wait for an address no longer than for a handshake', async () => {
    const late = Promise.withResolvers<SocketAddress>()
    let asked = 0
    const { reader, held, clock } = given([end], {
      ...ends,
      openMs: 4_000,
      address: () => ((asked += 1) === 1 ? late.promise : { url: 'wss://test.example/' }),
    })
    const reading = collect(reader)
    await clock.advance(5_000)
    expect(await reading).toEqual([])
    late.resolve({ url: 'wss://late.example/' })
    await clock.advance(0)
    // What opens too late is closed.
    expect(held.map(({ closed }) => closed)).toEqual([true, true])
  })

  test('close their connection when nobody wants more', async () => {
    const { reader, held, clock, settle } = given([saying('a', 'b')], { ping: { text: 'p', everyMs: 1_000 } })
    expect(texts(await settle(first(1, reader)))).toEqual(['a'])
    expect(held[0]?.closed).toBe(true)
    expect(clock.waiting).toBe(0)
  })

  test('end with the reason of their signal at once: while open, while it waits, while more wait to be read', async () => {
    const reason = new Error('enough')
    for (const opening of [saying(), sayingThen(1_006)]) {
      const controller = new AbortController()
      const { reader, clock } = given([opening], { signal: controller.signal, reconnect: { baseMs: 30_000 } })
      const reading = collect(reader)
      await clock.advance(1)
      controller.abort(reason)
      await expect(reading).rejects.toBe(reason)
      expect(clock.waiting).toBe(0)
    }
    const controller = new AbortController()
    const { reader, settle } = given([saying('a', 'b')], { signal: controller.signal })
    const reading = reader[Symbol.asyncIterator]()
    expect(await settle(reading.next())).toMatchObject({ value: { data: 'a' } })
    controller.abort(reason)
    await expect(reading.next()).rejects.toBe(reason)
  })

  test('are answered on the connection that is open, and on no other', async () => {
    const { reader, held, clock } = given([saying('a'), saying('b')], {})
    expect(reader.send('early')).toBe(false)
    const reading = reader[Symbol.asyncIterator]()
    const next = reading.next()
    await clock.advance(0)
    expect(await next).toMatchObject({ value: { data: 'a' } })
    expect(reader.send('ack')).toBe(true)
    expect(held[0]?.sent).toEqual(['ack'])
    held[0]?.drop()
    await clock.advance(0)
    expect(reader.send('lost')).toBe(false)
    await reading.return?.()
  })
})

describe('a queue that is full', () => {
  const many = ['1', '2', '3', '4', '5']

  test('fails the stream, after what waited in it', async () => {
    const { reader, held, clock } = given([saying(...many)], { queue: { messages: 3 } })
    const reading = reader[Symbol.asyncIterator]()
    const next = reading.next()
    await clock.advance(0)
    const found = [await next, await reading.next(), await reading.next()]
    expect(found.map(({ value }) => (value as SocketMessage).data)).toEqual(['1', '2', '3'])
    await expect(reading.next()).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    expect(held[0]?.closed).toBe(true)
  })

  test('drops the oldest where it may, and says how many', async () => {
    const openings = [sayingThen(1_000, ...many)]
    const { reader, settle } = given(openings, { ...ends, queue: { messages: 2, whenFull: 'drop-oldest' } })
    const found = await settle(collect(reader))
    expect(found.map(({ data, missed }) => [data, missed])).toEqual([
      ['4', 3],
      ['5', 0],
    ])
    expect(reader.counts).toMatchObject({ received: 5, dropped: 3 })
  })
})

describe('a connection that closes', () => {
  const closing = async (code: number, closeMeans: SocketOptions['closeMeans'] = {}) => {
    const world = given([sayingThen(code, 'a'), end], { closeMeans: { ...ends.closeMeans, ...closeMeans } })
    const found: unknown = await world.settle(collect(world.reader).catch((error: unknown) => error))
    return { found, connections: world.held.length }
  }

  test.each([1_001, 1_005, 1_006, 1_011, 1_012, 1_013, 3_000, 4_000])(
    'with %i is opened again',
    async (code) => {
      expect(await closing(code)).toMatchObject({ found: [{ data: 'a' }], connections: 2 })
    },
  )

  test.each([
    [1_003, 'invalid'],
    [1_007, 'invalid'],
    [1_008, 'forbidden'],
    [1_009, 'invalid'],
    [1_010, 'invalid'],
  ])('with %i is not: %s', async (code, kind) => {
    expect(await closing(code)).toMatchObject({ found: { kind, code: `close-${code}` }, connections: 1 })
  })

  test('with a code of its provider means what the provider means', async () => {
    expect(await closing(4_004, { 4004: 'revoked' })).toMatchObject({
      found: { kind: 'revoked' },
      connections: 1,
    })
    expect(await closing(1_008, { 1008: 'unavailable' })).toMatchObject({ connections: 2 })
    // A token is old: the next address has a fresh one.
    expect(await closing(4_001, { 4001: 'expired' })).toMatchObject({
      found: [{ data: 'a' }],
      connections: 2,
    })
  })

  test('says why, without what must not be said', async () => {
    const reason = 'token=sk_live_abcdefgh12345678 of jane@example.com'
    const { reader, settle } = given([(at) => (at.open(), at.drop(1_008, reason))])
    const error = (await settle(collect(reader).catch((thrown: unknown) => thrown))) as ApiError
    expect(error).toBeInstanceOf(ApiError)
    expect(error.message).toContain('close-1008')
    expect(error.message).not.toMatch(/sk_live|jane/)
  })

  test('ten times in a row without anything new is the end', async () => {
    const { reader, held, settle } = given([sayingThen(1_006)])
    await expect(settle(collect(reader))).rejects.toMatchObject({ kind: 'unavailable' })
    expect(held).toHaveLength(11)
    const never = given([(at) => at.drop()], { reconnect: { attempts: 2 } })
    await expect(never.settle(collect(never.reader))).rejects.toMatchObject({ kind: 'unreachable' })
    expect(never.held).toHaveLength(3)
  })

  test('ten times in a row is the end though it was silent for long before, and not when it was heard for long', async () => {
    const silent = given([saying()], { idleMs: 60_000 })
    await expect(silent.settle(collect(silent.reader))).rejects.toMatchObject({ kind: 'unreachable' })
    const ping = { text: 'ping', everyMs: 20_000, isAnswer: (data: SocketData) => data === 'pong' }
    const heard = given([saying(), saying(), saying(), end], { ...ends, ping, reconnect: { attempts: 1 } })
    const reading = collect(heard.reader)
    for (let nth = 0; nth < 3; nth += 1) {
      await heard.clock.advance(40_000)
      heard.held[nth]?.say('pong')
      heard.held[nth]?.drop()
      await heard.clock.advance(2_000)
    }
    expect(await reading).toEqual([])
  })

  test('may close as often as it likes as long as something new comes', async () => {
    const { reader, settle } = given([sayingThen(1_006, 'a')], { reconnect: { attempts: 1 } })
    expect(await settle(first(50, reader))).toHaveLength(50)
  })

  test('again and again comes back spread over a wait that grows to its bound', async () => {
    const back: number[] = []
    const waits: number[] = []
    for (let seed = 0; seed < 400; seed += 1) {
      const reconnect = { baseMs: 10_000, capMs: 20_000, attempts: 6 }
      const { reader, held, settle } = given([(at) => at.drop()], { reconnect }, seed)
      await settle(collect(reader).catch(() => undefined))
      back.push(held[1]?.atMs ?? 0)
      for (let i = 2; i < held.length; i += 1) waits.push((held[i]?.atMs ?? 0) - (held[i - 1]?.atMs ?? 0))
    }
    const perSecond = Array.from(
      { length: 10 },
      (_, i) => back.filter((at) => Math.floor(at / 1_000) === i).length,
    )
    expect(Math.min(...perSecond)).toBeGreaterThan(15)
    expect(Math.max(...perSecond)).toBeLessThan(75)
    expect(Math.max(...waits)).toBeLessThanOrEqual(20_000)
    expect(Math.max(...waits)).toBeGreaterThan(19_000)
  })
})

describe('a stream ends at once with', () => {
  const refused = { code: 'ANSWER_REFUSED' }
  test.each<[string, Opening, Partial<SocketOptions>, object]>([
    ['a text too long', saying('x'.repeat(101)), {}, refused],
    ['a text of too many bytes', saying('ä'.repeat(51)), {}, refused],
    ['bytes too many', saying(new ArrayBuffer(101)), {}, refused],
    ['what is neither text nor bytes', saying({}), {}, refused],
    ['a refused address', new SluiceError('ADDRESS_REFUSED', 'x'), {}, { code: 'ADDRESS_REFUSED' }],
    [
      'a lost grant',
      new ApiError({ provider: 'test', status: 0, kind: 'disconnected' }),
      {},
      { kind: 'disconnected' },
    ],
    [
      'a hook that throws',
      saying('a'),
      {
        idOf: () => {
          throw new Error('mine')
        },
      },
      { message: 'mine' },
    ],
    [
      'a greeting that throws',
      saying('a'),
      {
        greeting: () => {
          throw new Error('mine')
        },
      },
      { message: 'mine' },
    ],
  ])('%s', async (_, opening, options, error) => {
    const { reader, held, settle, clock } = given([opening, end], {
      ...ends,
      maxMessageBytes: 100,
      ...options,
    })
    await expect(settle(collect(reader))).rejects.toMatchObject(error)
    expect(held).toHaveLength(1)
    expect(clock.waiting).toBe(0)
  })

  test('a longest message is still one', async () => {
    const { reader, settle } = given([sayingThen(1_000, 'ä'.repeat(50))], { ...ends, maxMessageBytes: 100 })
    expect(await settle(collect(reader))).toHaveLength(1)
  })
})

test.each([
  [{ idleMs: 0 }],
  [{ openMs: Infinity }],
  [{ maxMessageBytes: -1 }],
  [{ ping: { text: 'p', everyMs: Number.NaN } }],
  [{ queue: { messages: 0 } }],
  [{ reconnect: { attempts: 0.5 } }],
])('B102: %j is a mistake of the program', (options) => {
  expect(() => given([end], options)).toThrow(RangeError)
})

describe('sockets', () => {
  const opening = (url: string, addresses: readonly string[], trusted = false) => {
    const built: string[] = []
    const open = httpsSockets({
      trusted,
      lookup: async () => addresses.map((address) => ({ address })),
      construct: ({ url: at }) => (built.push(String(at)), {} as Socket),
    })
    return { built, opened: Promise.resolve().then(() => open({ url })) }
  }

  test.each([
    ['ws://feed.example/', ['93.184.216.34']],
    ['https://feed.example/', ['93.184.216.34']],
    ['wss://me@feed.example/', ['93.184.216.34']],
    ['wss://feed.example:22/', ['93.184.216.34']],
    ['wss://127.0.0.1/', []],
    ['wss://[::1]/', []],
    ['wss://169.254.169.254/', []],
    ['wss://feed.example/', ['10.0.0.1']],
    ['wss://feed.example/', ['93.184.216.34', '127.0.0.1']],
  ])('are not opened to %s at %j', async (url, addresses) => {
    const { built, opened } = opening(url, addresses)
    await expect(opened).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(built).toEqual([])
  })

  test('to a name that has no address may have one later', async () => {
    const gone = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    const open = httpsSockets({ lookup: () => Promise.reject(gone) })
    await expect(Promise.resolve(open({ url: 'wss://feed.example/' }))).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      consequence: 'retry',
    })
  })

  test('are opened to public addresses, and to those that the operator named', async () => {
    const open = opening('wss://feed.example/x', ['93.184.216.34'])
    await open.opened
    expect(open.built).toEqual(['wss://feed.example/x'])
    const local = opening('ws://localhost:8080/', ['127.0.0.1'], true)
    await local.opened
    expect(local.built).toEqual(['ws://localhost:8080/'])
  })
})

describe('over a real server', () => {
  /** A server on loopback, and a reader of it over Node's own WebSocket. */
  async function serving(
    serve: (socket: ServedSocket, nth: number, server: WebSocketServer) => void,
    options: Partial<SocketOptions> = {},
  ): Promise<{ reader: SocketReader; server: WebSocketServer }> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    })
    let connections = 0
    server.on('connection', (socket) => serve(socket, (connections += 1), server))
    const { port } = server.address() as AddressInfo
    const client: SocketClient = {
      provider: 'test',
      open: httpsSockets({ trusted: true }),
      clock: systemClock,
      random: seededRandom(1),
    }
    const reader = readSocket(client, {
      address: () => ({
        url: `ws://127.0.0.1:${port}/`,
        headers: { authorization: 'Bearer t' },
        protocols: ['v1'],
      }),
      reconnect: { baseMs: 1, capMs: 1 },
      resumeToken: numbered,
      greeting: (resume) => [`from ${resume ?? '0'}`],
      ...options,
    })
    return { reader, server }
  }
  const onceAsked = (socket: ServedSocket, serve: (from: number) => void): void =>
    void socket.once('message', (data: Buffer) => serve(Number(data.toString().slice(5))))
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => `m${i + 1}`)

  test('every message comes once though the server falls again and again', async () => {
    const { reader } = await serving(
      (socket) =>
        onceAsked(socket, (from) => {
          for (let n = from + 1; n <= from + 3; n += 1) socket.send(`m${n}`)
          socket.send('', () => socket.terminate())
        }),
      { ping: { text: 'p', everyMs: 60_000, isAnswer: (data) => data === '' } },
    )
    expect(texts(await first(20, reader))).toEqual(upTo(20))
    expect(reader.counts.connections).toBeGreaterThan(5)
  })

  test('every message comes once though the server goes back further than it was asked', async () => {
    const { reader } = await serving(
      (socket) =>
        onceAsked(socket, (from) => {
          for (let n = Math.max(1, from - 2); n <= from + 5; n += 1) socket.send(`m${n}`)
          socket.close(1_012)
        }),
      { idOf: numbered },
    )
    expect(texts(await first(20, reader))).toEqual(upTo(20))
    expect(reader.counts.repeated).toBeGreaterThan(0)
  })

  test('messages that were lost in between show as another connection where nothing can be resumed', async () => {
    let n = 0
    const { reader } = await serving(
      (socket) => {
        socket.send(`m${(n += 1)}`)
        // Said while nobody hears.
        n += 1
        socket.close(1_011)
      },
      { resumeToken: () => undefined },
    )
    const found = await first(3, reader)
    expect(found.map(({ data, connection }) => [data, connection])).toEqual([
      ['m1', 1],
      ['m3', 2],
      ['m5', 3],
    ])
  })

  test('a connection that is half open is given up and opened again', async () => {
    const { reader } = await serving(
      (socket, nth) =>
        onceAsked(socket, (from) => {
          socket.send(`m${from + 1}`)
          // The first hears no more either: not even a close.
          if (nth === 1) socket.pause()
          else socket.send(`m${from + 2}`)
        }),
      { idleMs: 300 },
    )
    expect(texts(await first(3, reader))).toEqual(upTo(3))
  })

  test('the handshake carries headers and protocols, bytes arrive as bytes, and a code ends it', async () => {
    const seen: unknown[] = []
    const { reader, server } = await serving(
      (socket) => {
        seen.push(socket.protocol)
        socket.send(Buffer.from([1, 2, 3]))
        socket.close(4_000)
      },
      { ...ends, closeMeans: { 4000: 'end' }, resumeToken: () => undefined },
    )
    server.on('headers', (_, request) => seen.push(request.headers.authorization))
    expect(texts(await collect(reader))).toEqual([new Uint8Array([1, 2, 3])])
    expect(seen).toEqual(['Bearer t', 'v1'])
  })

  test('a server that is not there is an error after so many attempts', async () => {
    const { reader, server } = await serving(() => undefined, {
      reconnect: { baseMs: 1, capMs: 1, attempts: 2 },
    })
    server.close()
    await once(server, 'close')
    await expect(collect(reader)).rejects.toMatchObject({ kind: 'unreachable' })
    expect(reader.counts.connections).toBe(3)
  })

  test('the server sees that nobody reads any more', async () => {
    const closed = Promise.withResolvers<number>()
    const { reader } = await serving((socket) => {
      socket.on('close', (code) => closed.resolve(code))
      socket.send('m1')
    })
    await first(1, reader)
    expect(await closed.promise).toBe(1_000)
  })
})
