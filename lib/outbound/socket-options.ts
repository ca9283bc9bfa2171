import type { Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { Fault } from '../providers/api.ts'
import type { QueueOptions } from './message-queue.ts'
import type { ReconnectOptions } from './reconnect.ts'
import type { OpenSocket, SocketAddress, SocketData } from './socket.ts'

export interface SocketClient {
  readonly provider: string
  readonly open: OpenSocket
  readonly clock: Clock
  readonly random: Random
}

export interface SocketOptions {
  /** Where the next connection goes; asked each time, because tickets and tokens age. `resume` is the last token, if any. */
  readonly address: (resume: string | undefined) => SocketAddress | Promise<SocketAddress>
  /** What is sent first on each connection: sign in, subscribe, resume. */
  readonly greeting?: (resume: string | undefined) => readonly SocketData[]
  /** What a stream is resumed from after this message; `undefined` where it says nothing of it. */
  readonly resumeToken?: (data: SocketData) => string | undefined
  /** Where to go on: the `resume` of a message that was handled. */
  readonly from?: string
  /** Names a message: one that comes again under its name is passed over, also on the same connection. */
  readonly idOf?: (data: SocketData) => string | undefined
  /** Sent as a message every `everyMs`, because `WebSocket` can't ping; answers to it are not handed over. */
  readonly ping?: {
    readonly text: string
    readonly everyMs: number
    readonly isAnswer?: (data: SocketData) => boolean
  }
  /** Silence after which a connection is given up, milliseconds. Default 60 s. */
  readonly idleMs?: number
  /** The longest handshake, the asking for its address included, milliseconds. Default 10 s. */
  readonly openMs?: number
  /** Default 1 MiB. */
  readonly maxMessageBytes?: number
  readonly queue?: QueueOptions
  /** What close codes mean here, before {@link closeMeanings}: `end`, or a fault. Others are faults that pass. */
  readonly closeMeans?: Readonly<Record<number, Fault | 'end'>>
  readonly reconnect?: ReconnectOptions
  readonly signal?: AbortSignal
}

export interface SocketMessage {
  readonly data: SocketData
  /** Counted from 1. Where it changes and there is no resume token, messages may have been lost in between. */
  readonly connection: number
  /** How many were dropped just before this one because the queue was full. */
  readonly missed: number
  /** What the stream is resumed from after this message. */
  readonly resume: string | undefined
}

export interface SocketReader extends AsyncIterable<SocketMessage> {
  /** Sends on the connection that is open; `false` where none is, and nothing is kept for later. */
  send(data: SocketData): boolean
  readonly counts: {
    readonly connections: number
    readonly received: number
    /** Because the queue was full. */
    readonly dropped: number
    /** Because they had come before. */
    readonly repeated: number
  }
}
