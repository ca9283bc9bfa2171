import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { sha256 } from '../primitives/bytes.ts'
import { ms } from '../primitives/clock.ts'
import { DeadlineExceeded, raceSignal } from '../primitives/deadline.ts'
import { timerMs, whole } from '../primitives/options.ts'
import { classify } from './classify.ts'
import { longestCursor } from './page-turn.ts'
import { reconnects, recentKeys, watchSilence, type ReconnectOptions } from './reconnect.ts'
import { failedCall, type RetryingClient } from './retrying-client.ts'
import { sseParser, type SseItem } from './sse-parse.ts'

export interface SseOptions {
  /** A path of the API, or an address. */
  readonly path: string | URL
  /** Method, further headers, a body that can be sent again. */
  readonly init?: Omit<RequestInit, 'signal'>
  /** Where to go on: the `id` of an event that was handled. */
  readonly from?: string
  readonly signal?: AbortSignal
  /** Silence, without even a comment, after which a connection is given up, milliseconds. Default 60 s. */
  readonly heartbeatMs?: number
  /** Default 1 MiB. */
  readonly maxEventBytes?: number
  readonly reconnect?: ReconnectOptions
}

export interface SseEvent {
  /** `message` where the server names none. */
  readonly type: string
  readonly data: string
  /** What the stream is resumed from after this event; empty where the server gives no ids. */
  readonly id: string
}

/** Events that came last, to be known when a server sends them again. */
const remembered = 1_000
/** The longest wait that `retry:` can ask for. */
const longestRetryMs = 300_000
/** What of an answer that is no stream is looked at to tell what it says. */
const headBytes = 65_536

/**
 * The events of a server, over as many connections as it takes: one that is lost or silent is opened again, with the last id,
 * and what a later connection brings again under the same id with the same content is passed over. Ends with a 204.
 * @throws ApiError for an answer that repeating would not mend, or after too many losses in a row; SluiceError
 * `ANSWER_REFUSED` for another content type, an event that is too long, an id that can't be sent back; the signal's reason.
 */
export async function* serverEvents(
  client: RetryingClient,
  options: SseOptions,
): AsyncGenerator<SseEvent, void, void> {
  const stream = streamOf(client, options)
  for (;;) {
    const ended = yield* connection(client, options, stream)
    if (ended === 'end') return
    const leastMs = Math.max(stream.retryMs, ended.retryAfterMs ?? 0)
    await stream.losses.pause(ended, leastMs, options.signal)
  }
}

type Stream = ReturnType<typeof streamOf>

function streamOf(client: RetryingClient, options: SseOptions) {
  const { heartbeatMs = 60_000, maxEventBytes = 1_048_576, from = '', reconnect = {} } = options
  timerMs('heartbeatMs', heartbeatMs)
  whole('maxEventBytes', maxEventBytes, 1)
  return {
    heartbeatMs: ms(heartbeatMs),
    maxEventBytes,
    lastId: from,
    retryMs: 0,
    connections: 0,
    losses: reconnects(reconnect, client),
    recent: recentKeys(remembered),
  }
}

/** One connection: its events, and how it was lost; `end` where the server wants no other. */
async function* connection(
  client: RetryingClient,
  options: SseOptions,
  stream: Stream,
): AsyncGenerator<SseEvent, ApiError | 'end', void> {
  const gone = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, gone.signal]) : gone.signal
  /** Waits for the other side, and no longer than its heartbeat may be missing: not while an event is handled. */
  const hear: Hear = async (work) => {
    const fellSilent = (): void => gone.abort(lost(client, 'it fell silent'))
    const silence = watchSilence(client.clock, stream.heartbeatMs, fellSilent)
    try {
      return await raceSignal(work(), signal)
    } finally {
      silence.stop()
    }
  }
  stream.connections += 1
  stream.losses.opening()
  try {
    const request = requestOf(options, stream.lastId, signal)
    const answer = await hear(() => client.fetch(options.path, request))
    if (answer.status === 204) return 'end'
    await hear(() => checkAnswer(client, answer))
    if (answer.body) yield* eventsIn(answer.body, hear, stream)
    return lost(client, 'the stream ended')
  } catch (thrown) {
    options.signal?.throwIfAborted()
    // What limits one call of a `fetch` limits one connection here, not the stream.
    const late = thrown instanceof DeadlineExceeded
    const error = late ? lost(client, 'it did not answer in time') : failedCall(client.provider, thrown)
    const mayPass = error?.action === 'retry' || error?.action === 'wait'
    if (!error || !mayPass || error.kind === 'disconnected') throw thrown
    return error
  } finally {
    gone.abort()
  }
}

type Hear = <T>(work: () => Promise<T>) => Promise<T>

async function* eventsIn(
  body: ReadableStream<Uint8Array>,
  hear: Hear,
  stream: Stream,
): AsyncGenerator<SseEvent, void, void> {
  const reader = body.getReader()
  const parser = sseParser(stream.maxEventBytes, stream.lastId)
  try {
    for (;;) {
      const { done, value } = await hear(() => broken(reader.read()))
      if (done) return
      stream.losses.heard()
      for (const item of parser.read(value)) {
        if (item.kind === 'retry') stream.retryMs = Math.min(item.waitMs, longestRetryMs)
        else {
          stream.lastId = item.id
          if (isKnown(item, stream)) continue
          stream.losses.progressed()
          yield { type: item.type, data: item.data, id: item.id }
        }
      }
      stream.lastId = parser.lastId
    }
  } finally {
    // Whoever gave the body may wait for its end.
    reader.cancel().catch(() => undefined)
  }
}

/** However a body breaks, a length that was allowed for one answer included: the stream is lost, and can be opened again. */
const broken = <T>(reading: Promise<T>): Promise<T> =>
  reading.catch((cause: unknown) => {
    throw new SluiceError('DESTINATION_UNAVAILABLE', 'the stream broke', { cause })
  })

const lost = ({ provider }: RetryingClient, detail: string): ApiError =>
  new ApiError({ provider, status: 0, kind: 'unreachable', detail })

/** Whether an earlier connection brought it. Within one, a server may well say the same thing twice. */
function isKnown(item: Extract<SseItem, { kind: 'event' }>, { recent, connections }: Stream): boolean {
  if (!item.ownId) return false
  // Events that share an id are told apart by what they say.
  const key = sha256(`${item.id}\0${item.type}\0${item.data}`).toString('base64')
  return (recent.add(key, connections) ?? connections) < connections
}

function requestOf({ init }: SseOptions, lastId: string, signal: AbortSignal): RequestInit {
  const headers = new Headers(init?.headers)
  headers.set('accept', 'text/event-stream')
  headers.set('cache-control', 'no-store')
  if (lastId.length > longestCursor || /\p{Cc}/u.test(lastId))
    throw refused('its last id can not be sent back')
  // A field of a header is bytes; those of the id are UTF-8.
  if (lastId !== '') headers.set('last-event-id', Buffer.from(lastId, 'utf8').toString('latin1'))
  return { ...init, headers, signal }
}

/** @throws ApiError for a failure; SluiceError `ANSWER_REFUSED` for anything else that is no event stream. */
async function checkAnswer({ provider, api, clock }: RetryingClient, answer: Response): Promise<void> {
  const { status, headers } = answer
  if (status === 200 && /^text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) return
  const body = await boundedText(answer, headBytes).catch(() => undefined)
  const verdict = classify(api, { provider, status, headers, body, now: clock.now() })
  if (verdict.kind === 'error') throw verdict.error
  throw refused('the answer is no event stream')
}

const refused = (why: string): SluiceError =>
  new SluiceError('ANSWER_REFUSED', `the stream can not be read: ${why}`)
