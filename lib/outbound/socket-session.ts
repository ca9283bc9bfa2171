import { SluiceError } from '../errors/sluice-error.ts'
import { ms, type Clock, type Millis } from '../primitives/clock.ts'
import { raceSignal } from '../primitives/deadline.ts'
import { watchSilence } from './reconnect.ts'
import type { Socket, SocketData, SocketNews } from './socket.ts'

export interface SessionOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly openMs: Millis
  readonly idleMs: Millis
  readonly maxMessageBytes: number
  readonly ping: { readonly text: string; readonly everyMs: number } | undefined
  /** Called once the socket is open. */
  readonly onOpen: (socket: Socket) => void
  readonly onMessage: (data: SocketData) => void
}

/** How a socket ended: closed by the other side, or given up because nothing came. */
export type SessionEnd =
  | { readonly kind: 'closed'; readonly opened: boolean; readonly code: number; readonly reason: string }
  | { readonly kind: 'silent'; readonly opened: boolean }

/**
 * Holds one socket until it ends, and leaves it closed and no timer behind.
 * @throws what `onOpen` and `onMessage` throw; SluiceError `ANSWER_REFUSED` for a message that is too long; the signal's reason.
 */
export async function holdSocket(socket: Socket, options: SessionOptions): Promise<SessionEnd> {
  const { clock, signal, ping } = options
  const { promise, resolve, reject } = Promise.withResolvers<SessionEnd>()
  let opened = false
  let over = false
  let stopPing: (() => void) | undefined
  const fallSilent = (): void => resolve({ kind: 'silent', opened })
  let silence = watchSilence(clock, options.openMs, fallSilent)

  /** What a listener throws would end the process; and nothing is heard after it. */
  const on = (type: Parameters<Socket['addEventListener']>[0], listen: (event: SocketNews) => void): void =>
    socket.addEventListener(type, (event) => {
      if (over) return
      try {
        listen(event)
      } catch (error) {
        over = true
        reject(error)
      }
    })
  socket.binaryType = 'arraybuffer'
  on('open', () => {
    opened = true
    silence.stop()
    silence = watchSilence(clock, options.idleMs, fallSilent)
    if (ping) stopPing = clock.every(ms(ping.everyMs), () => void quietly(() => socket.send(ping.text)))
    options.onOpen(socket)
  })
  on('message', ({ data }) => {
    silence.broken()
    options.onMessage(dataOf(data, options.maxMessageBytes))
  })
  on('close', ({ code = 1_006, reason = '' }) => resolve({ kind: 'closed', opened, code, reason }))
  // A close follows each error; without a listener some sockets would end the process.
  on('error', () => undefined)
  try {
    return await raceSignal(promise, signal)
  } finally {
    over = true
    silence.stop()
    stopPing?.()
    quietly(() => socket.close(1_000))
  }
}

/** A socket that is closing already refuses to send, and to close. */
export function quietly(task: () => void): boolean {
  try {
    task()
    return true
  } catch {
    return false
  }
}

function dataOf(data: unknown, most: number): SocketData {
  if (typeof data === 'string') {
    const isLong = data.length > most || (data.length * 3 > most && Buffer.byteLength(data) > most)
    if (!isLong) return data
  } else if (data instanceof ArrayBuffer) {
    if (data.byteLength <= most) return new Uint8Array(data)
  } else throw new SluiceError('ANSWER_REFUSED', 'a message is neither text nor bytes')
  throw new SluiceError('ANSWER_REFUSED', `a message is longer than ${most} bytes`)
}
