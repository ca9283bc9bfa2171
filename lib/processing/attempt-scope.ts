import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { waitHeader } from '../outbound/connection-fetch.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { ms, type Millis } from '../primitives/clock.ts'
import { causeOfAnswer, causeOfError, type Cause } from './held.ts'
import type { TimeLimit } from './time-limit.ts'

/** One attempt's time: what a handler may do ends with it, also when its promise goes on in a later invocation. */
export interface AttemptScope {
  /** Made when first asked for: most handlers never look at it. */
  readonly signal: AbortSignal
  readonly fetch: typeof fetch
  /** A `fetch` that ends with this attempt, as {@link fetch} does, and of which is remembered what it says of failures. */
  bind(outgoing: Fetch, provider: string): Fetch
  /** What the last of this attempt's calls failed of, where that can end by itself. */
  readonly cause: Omit<Cause, 'tenant'> | undefined
  /** How long a provider, or what guards it, asked to be left alone, if any of this attempt's calls was sent away so. */
  readonly askedToWait: Millis | undefined
  /** Notes that one of them was. */
  readonly askToWait: (waitMs: Millis) => void
  readonly isOver: () => boolean
  /** Settles with `work`, or rejects once the time is over. */
  race<T>(work: Promise<T>): Promise<T>
  end(): void
}

const attemptIsOver = new SluiceError('LEASE_LOST', 'the attempt is over')

export function attemptScope(limit: TimeLimit, outgoing: typeof fetch): AttemptScope {
  let controller: AbortController | undefined
  let reason: Error | undefined
  let waitMs: number | undefined
  let cause: AttemptScope['cause']
  const finish = (why: Error): void => {
    reason ??= why
    controller?.abort(reason)
  }
  const note = (asked: number): void => void (waitMs = Math.max(waitMs ?? 0, asked))
  const within =
    (send: Fetch): Fetch =>
    (input, init) => {
      if (scope.isOver()) return Promise.reject(attemptIsOver)
      // A signal that is given replaces the one of a `Request`: both have to count.
      const own = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      return send(input, {
        ...init,
        signal: own ? AbortSignal.any([scope.signal, own]) : scope.signal,
      })
    }
  const scope: AttemptScope = {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (reason) controller.abort(reason)
        else limit.over.catch(finish)
      }
      return controller.signal
    },
    get askedToWait() {
      return waitMs === undefined ? undefined : ms(waitMs)
    },
    askToWait: note,
    isOver: () => reason !== undefined || limit.passed(),
    fetch: within(outgoing),
    bind: (send, provider) =>
      noting(within(send), note, (answer) => (cause = heldBy(answer, provider) ?? cause)),
    get cause() {
      return cause
    },
    race: (work) => Promise.race([work, limit.over]),
    end: () => finish(attemptIsOver),
  }
  return scope
}

const heldBy = (answer: unknown, provider: string): AttemptScope['cause'] =>
  answer instanceof Response ? causeOfAnswer(answer.status, provider) : causeOfError(answer, provider)

/** Whoever calls by an SDK sees its errors, not ours: what was said is noted where it passes. */
const noting =
  (send: Fetch, note: (askedMs: number) => void, told: (answer: unknown) => void): Fetch =>
  async (input, init) => {
    try {
      const answer = await send(input, init)
      told(answer)
      const asked = answer.headers.get(waitHeader)
      if (asked !== null) note(Number(asked))
      return answer
    } catch (error) {
      told(error)
      if (error instanceof ApiError && error.action === 'wait') note(error.retryAfterMs ?? 0)
      throw error
    }
  }
