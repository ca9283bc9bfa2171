import { draining } from '../config/replay-defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { ApiError, type ApiErrorKind } from '../errors/api-error.ts'
import type { Claim } from '../idempotency/claims.ts'
import type { Envelope } from '../buffer/envelope.ts'
import { later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'

/** What made events die, and can end without anyone touching them: a provider that is ill, or a tenant's connection with it. */
export interface Cause {
  readonly kind: 'provider' | 'connection'
  readonly provider: string
  /** Of a connection. */
  readonly tenant?: string | undefined
}

/** A dead event that waits for the end of its cause. */
export interface HeldEvent {
  readonly id: string
  /** It is not revived before. */
  readonly dueAt: EpochMs
}

/** A cause, and how often an event was noted for it. */
export interface KnownCause extends Cause {
  readonly noted: number
}

/**
 * Which dead events wait for what. Reads name a cause; nothing is ever searched.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface Held {
  note(cause: Cause, event: HeldEvent): Promise<void>
  /** At most a hundred. */
  causes(signal: AbortSignal): Promise<readonly KnownCause[]>
  /** Those that are due, the longest first. */
  due(cause: Cause, now: EpochMs, limit: number, signal: AbortSignal): Promise<readonly HeldEvent[]>
  forget(cause: Cause, event: HeldEvent, signal: AbortSignal): Promise<void>
  /** Forgets a cause that nothing waits for, unless an event was noted since. */
  close(cause: KnownCause, signal: AbortSignal): Promise<void>
}

const ofProvider: ReadonlySet<ApiErrorKind> = new Set(['unavailable', 'unreachable'])
const ofConnection: ReadonlySet<ApiErrorKind> = new Set(['revoked', 'forbidden', 'disconnected'])

/** What a call that failed says of its cause; `undefined` where only the handler, or the provider's data, can be mended. */
export function causeOfError(error: unknown, provider: string): Omit<Cause, 'tenant'> | undefined {
  if (!(error instanceof ApiError)) return undefined
  if (ofProvider.has(error.kind)) return { kind: 'provider', provider }
  return ofConnection.has(error.kind) ? { kind: 'connection', provider } : undefined
}

/** The same of an answer, for whoever calls by an SDK and throws what that throws. */
export function causeOfAnswer(status: number, provider: string): Omit<Cause, 'tenant'> | undefined {
  if (status >= 500) return { kind: 'provider', provider }
  return status === 401 || status === 403 ? { kind: 'connection', provider } : undefined
}

interface NoteDeps {
  readonly held: Pick<Held, 'note'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Notes before an event dies what it died of, so that it can be revived when that has ended. One that was revived and died again
 * waits four times as long each time, and after the fifth is left to people.
 */
export async function noteDeath(
  { id, tenant }: Pick<Envelope, 'id' | 'tenant'>,
  { redrives = 0 }: Pick<Claim, 'redrives'>,
  cause: Omit<Cause, 'tenant'> | undefined,
  { held, clock, log }: NoteDeps,
): Promise<void> {
  if (!cause || redrives >= draining.mostRevivals) return
  const waitMs = redrives === 0 ? 0 : draining.againMs * 4 ** (redrives - 1)
  const whole = cause.kind === 'connection' ? { ...cause, tenant } : cause
  try {
    await held.note(whole, { id, dueAt: later(clock.now(), waitMs) })
  } catch (error) {
    log('warn', 'an event dies and will not be revived by itself', {
      eventId: id,
      tenant,
      error: describeError(error),
    })
  }
}
