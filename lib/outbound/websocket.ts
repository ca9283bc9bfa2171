import { ApiError } from '../errors/api-error.ts'
import { ms } from '../primitives/clock.ts'
import { raceSignal } from '../primitives/deadline.ts'
import { timerMs, whole } from '../primitives/options.ts'
import { messageQueue } from './message-queue.ts'
import { reconnects, recentKeys, watchSilence } from './reconnect.ts'
import { failedCall } from './retrying-client.ts'
import { meaningOf } from './socket-end.ts'
import type { SocketClient, SocketMessage, SocketOptions, SocketReader } from './socket-options.ts'
import { holdSocket, quietly } from './socket-session.ts'
import type { Socket, SocketData } from './socket.ts'

/** Names that were seen last. */
const remembered = 1_000

/**
 * The messages of a WebSocket, over as many connections as it takes, to be iterated once: nothing is opened before, and all is
 * closed after. One that is lost or silent is opened again and greeted anew.
 *
 * Iterating throws ApiError for a close code that opening again would not mend, or after too many losses in a row; SluiceError
 * `ANSWER_REFUSED` for a message that is too long and a queue that is full; what the hooks throw; the signal's reason at once.
 */
export function readSocket(client: SocketClient, options: SocketOptions): SocketReader {
  const stream = streamOf(client, options)
  return {
    send: (data) => {
      const { socket } = stream
      return socket !== undefined && quietly(() => socket.send(data))
    },
    get counts() {
      const { connections, received, repeated } = stream
      return { connections, received, repeated, dropped: stream.queue.dropped }
    },
    [Symbol.asyncIterator]: () => {
      if (stream.started) throw new TypeError('a socket is read once')
      stream.started = true
      return messagesOf(client, options, stream)
    },
  }
}

type Stream = ReturnType<typeof streamOf>

function streamOf(client: SocketClient, options: SocketOptions) {
  const { idleMs = 60_000, openMs = 10_000, maxMessageBytes = 1_048_576, ping } = options
  timerMs('idleMs', idleMs)
  timerMs('openMs', openMs)
  whole('maxMessageBytes', maxMessageBytes, 1)
  if (ping) timerMs('ping.everyMs', ping.everyMs)
  return {
    limits: { idleMs: ms(idleMs), openMs: ms(openMs), maxMessageBytes },
    queue: messageQueue<Omit<SocketMessage, 'missed'>>(options.queue ?? {}),
    losses: reconnects(options.reconnect ?? {}, client),
    recent: recentKeys(remembered),
    started: false,
    socket: undefined as Socket | undefined,
    resume: options.from,
    connections: 0,
    received: 0,
    repeated: 0,
  }
}

async function* messagesOf(
  client: SocketClient,
  options: SocketOptions,
  stream: Stream,
): AsyncGenerator<SocketMessage, void, void> {
  const { queue } = stream
  const left = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal
  const kept = keepOpen(client, options, stream, signal).then(
    () => queue.end(),
    (thrown: unknown) => queue.end({ thrown }),
  )
  try {
    for (let taken = await queue.take(); taken; taken = await queue.take()) {
      options.signal?.throwIfAborted()
      yield { ...taken.item, missed: taken.missed }
    }
  } finally {
    left.abort()
    await kept
  }
}

/** Opens one connection after the other until one ends for good. */
async function keepOpen(
  client: SocketClient,
  options: SocketOptions,
  stream: Stream,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    stream.losses.opening()
    const ended = await connect(client, options, stream, signal).catch((thrown: unknown) => {
      signal.throwIfAborted()
      const error = failedCall(client.provider, thrown)
      if (!error || error.kind === 'disconnected') throw thrown
      return error
    })
    if (ended === 'end') return
    if (ended.action === 'give_up' || ended.action === 'merge') throw ended
    await stream.losses.pause(ended, ended.retryAfterMs ?? 0, signal)
  }
}

async function connect(
  client: SocketClient,
  options: SocketOptions,
  stream: Stream,
  signal: AbortSignal,
): Promise<ApiError | 'end'> {
  const { limits, resume } = stream
  const connection = (stream.connections += 1)
  const socket = await opened(client, options, stream, signal)
  const ended = await holdSocket(socket, {
    ...limits,
    clock: client.clock,
    signal,
    ping: options.ping,
    onOpen: () => {
      stream.socket = socket
      for (const each of options.greeting?.(resume) ?? []) socket.send(each)
    },
    onMessage: (data) => take(data, connection, options, stream),
  }).finally(() => (stream.socket = undefined))
  return meaningOf(client.provider, ended, options.closeMeans)
}

/** A socket on its way, its address asked for no longer than a handshake may last. */
async function opened(
  { provider, clock, open }: SocketClient,
  { address }: SocketOptions,
  { limits, resume }: Stream,
  signal: AbortSignal,
): Promise<Socket> {
  const late = new AbortController()
  const either = AbortSignal.any([signal, late.signal])
  const noAddress = { provider, status: 0, kind: 'unreachable', detail: 'no address in time' } as const
  const silence = watchSilence(clock, limits.openMs, () => late.abort(new ApiError(noAddress)))
  const opening = (async () => {
    const socket = await open(await address(resume))
    // Nobody waits for it any more.
    if (either.aborted) quietly(() => socket.close())
    return socket
  })()
  try {
    return await raceSignal(opening, either)
  } finally {
    silence.stop()
  }
}

function take(data: SocketData, connection: number, options: SocketOptions, stream: Stream): void {
  stream.received += 1
  stream.losses.heard()
  if (options.ping?.isAnswer?.(data)) return
  const id = options.idOf?.(data)
  if (id !== undefined && stream.recent.add(id, connection) !== undefined) {
    stream.repeated += 1
    return
  }
  stream.losses.progressed()
  stream.resume = options.resumeToken?.(data) ?? stream.resume
  stream.queue.push({ data, connection, resume: stream.resume })
}
