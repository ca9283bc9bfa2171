import { outbound as limits } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Clock, Millis } from '../primitives/clock.ts'
import { DeadlineExceeded } from '../primitives/deadline.ts'
import { lastGood, type Labelled } from '../primitives/fallback.ts'
import { likeFetched } from './answer-buffer.ts'
import type { OutgoingRequest } from './transport.ts'

/** For how long an earlier answer may be given instead of a new one, milliseconds since it came. */
export interface AnswerAges {
  /** Without asking the provider at all: `cache`. Default 0: never. */
  readonly freshMs?: Millis
  /** When the provider can't be asked, or says that it can't answer now: `stale`. */
  readonly staleMs: Millis
}

/** An answer, and what is wrong with it. */
export interface Answered {
  readonly response: Response
  readonly error: ApiError | undefined
}

/** The last good answers of this process. */
export interface LastAnswers {
  /**
   * What `ask` brings; or the last good answer of this key while it is young enough, with `sluice-source: cache` or `stale` and
   * its `age` in seconds.
   */
  get(key: string, ages: AnswerAges, ask: () => Promise<Answered>): Promise<Response>
}

interface Kept extends Pick<Response, 'url' | 'redirected'> {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** An answer that is handed over and not kept. */
class NotKept extends Error {
  override readonly name = 'NotKept'
  readonly answered: Answered

  constructor(answered: Answered) {
    super('an answer is not kept')
    this.answered = answered
  }
}

export function lastAnswers({ clock }: { readonly clock: Clock }): LastAnswers {
  const kept = lastGood<Kept>({ freshMs: 0, staleMs: 0, most: limits.keepAnswers, covers }, { clock })
  return {
    async get(key, { freshMs = 0, staleMs }, ask) {
      try {
        return toResponse(await kept.get(key, () => loaded(ask), { freshMs, staleMs }))
      } catch (error) {
        if (error instanceof NotKept) return error.answered.response
        throw error
      }
    },
  }
}

/** Of failures only those that say nothing of what was asked for: a 404 is an answer, and a lost grant is no reason to go on. */
function covers(error: unknown): boolean {
  if (error instanceof NotKept) return error.answered.error !== undefined && passes(error.answered.error)
  if (error instanceof ApiError) return passes(error)
  return error instanceof DeadlineExceeded || (error instanceof SluiceError && error.consequence === 'retry')
}

const passing = new Set(['throttled', 'exhausted', 'unavailable', 'unreachable', 'held'])
const passes = ({ kind }: ApiError): boolean => passing.has(kind)

async function loaded(ask: () => Promise<Answered>): Promise<Kept> {
  const { response, error } = await ask()
  if (error || response.status !== 200) throw new NotKept({ response, error })
  const { status, statusText, headers, url, redirected } = response
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.byteLength > limits.keepAnswerBytes)
    throw new NotKept({
      response: likeFetched(new Response(bytes, { status, statusText, headers }), response),
      error,
    })
  return { status, statusText, headers, url, redirected, bytes }
}

function toResponse({ value, source, ageMs }: Labelled<Kept>): Response {
  const { status, statusText, bytes } = value
  const headers = new Headers(value.headers)
  if (source !== 'live') {
    headers.delete('sluice-attempts')
    headers.set('sluice-source', source)
    headers.set('age', String(Math.ceil(ageMs / 1_000)))
  }
  return likeFetched(new Response(bytes, { status, statusText, headers }), value)
}

/**
 * The key of a request whose answer may stand in for a later one: connection, address, and every header that could make another
 * answer of it. `undefined` for what does something, and for what asks for a part or on a condition.
 */
export function answerKey(connection: string, { method, url, headers }: OutgoingRequest): string | undefined {
  if (method !== 'GET' || [...headers.keys()].some((name) => /^(?:if-|range$)/.test(name))) return undefined
  const said = [...headers].filter(([name]) => !meaningless.has(name))
  return JSON.stringify([connection, url.href, said])
}

/** Other in every request, or in none of which an answer tells. */
const meaningless = new Set([
  'user-agent',
  'traceparent',
  'tracestate',
  'baggage',
  'x-request-id',
  'priority',
])
