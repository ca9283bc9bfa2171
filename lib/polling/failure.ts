import { asking } from '../config/asking-defaults.ts'
import { polling } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { later, ms, type EpochMs, type Millis } from '../primitives/clock.ts'

/** What a run that did not get through means for its poll. */
export type Setback =
  /** The connection is not there any more. */
  | { readonly kind: 'gone' }
  /** Only someone's doing can mend the connection; `cause` says what is wrong with it. */
  | { readonly kind: 'blocked'; readonly cause: string }
  /** The provider was not to be called: throttled, breaker open, token being renewed. */
  | { readonly kind: 'held'; readonly waitMs: Millis }
  | { readonly kind: 'failed'; readonly failure: string }

/** What was thrown, as a setback. */
export function setbackOf(thrown: unknown): Setback {
  if (thrown instanceof ApiError) {
    if (thrown.kind === 'disconnected')
      return thrown.code === 'deleted' || thrown.code === 'unknown'
        ? { kind: 'gone' }
        : { kind: 'blocked', cause: thrown.code ?? 'disconnected' }
    if (thrown.kind === 'revoked') return { kind: 'blocked', cause: 'revoked' }
    if (thrown.action === 'wait')
      return { kind: 'held', waitMs: ms(thrown.retryAfterMs ?? polling.retry.baseMs) }
    return { kind: 'failed', failure: thrown.message.slice(0, 256) }
  }
  return {
    kind: 'failed',
    failure:
      thrown instanceof SluiceError
        ? `${thrown.code}: ${thrown.message}`.slice(0, 256)
        : describeError(thrown),
  }
}

/** When to try again after so many failures in a row; a provider's word counts up to a day. */
export function retryAt(now: EpochMs, failures: number, setback: Setback): EpochMs {
  const { baseMs, capMs } = polling.retry
  const grown = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 20))
  const asked = setback.kind === 'held' ? Math.min(setback.waitMs, polling.maxWaitMs) : 0
  return later(now, setback.kind === 'held' ? Math.max(asked, asking.heldMs) : grown)
}

/**
 * Whether an answer says that a cursor, or a place in a list, is too old to go on from. Of a place that an earlier slice left,
 * whatever is wrong with the request is wrong with the place.
 */
export function saysExpired(
  thrown: unknown,
  { hasCursor, isResumed }: { readonly hasCursor: boolean; readonly isResumed: boolean },
): boolean {
  if (!(thrown instanceof ApiError)) return false
  if (thrown.kind === 'stale-cursor') return true
  return (hasCursor && thrown.status === 410) || (isResumed && wrong.has(thrown.kind))
}

const wrong: ReadonlySet<string> = new Set(['missing', 'invalid'])
