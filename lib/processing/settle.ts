import type { Envelope } from '../buffer/envelope.ts'
import { queue, retry } from '../config/defaults.ts'
import type { Claim, Claims } from '../idempotency/claims.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { elapsed, ms, type Clock, type Millis } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { traceIdOf } from '../telemetry/trace.ts'
import { keptOf, type KeepDeps } from './ledger-entry.ts'
import { traceOf } from './trace.ts'

export interface SettleDeps extends KeepDeps {
  readonly claims: Claims
  readonly maxAttempts: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

/** What happens to the message: `settled` ones are taken off the queue, the others come back after the delay. */
export type Processed = { readonly kind: 'settled' } | { readonly kind: 'again'; readonly delayMs: Millis }

export const settled: Processed = { kind: 'settled' }
export const again = (delayMs: number): Processed => ({ kind: 'again', delayMs: ms(Math.ceil(delayMs)) })

export async function finish(
  envelope: Envelope,
  raw: Uint8Array,
  claim: Claim,
  deps: SettleDeps,
): Promise<Processed> {
  const kept = await keptOf(envelope, deps, raw)
  if ((await deps.claims.complete(claim, kept)) === 'lost') return lost(envelope, claim, deps)
  const { provider, receivedAt } = envelope
  deps.metrics.count('EventDone', { provider })
  // A replay was received when its first was, and a redrive waited for somebody.
  if (envelope.via !== 'replay' && envelope.redrive === undefined)
    deps.metrics.measure('EventLatency', elapsed(receivedAt, deps.clock.now()), { provider })
  return settled
}

/**
 * Releases the claim and gives its attempt back: no handler has failed. What waits for the same thing comes back spread over
 * half as long again, so that it is no burst. Each round waits longer than the one before: at most two minutes where someone
 * said how long, so that what is free after an outage is used, and at most a quarter of an hour where nobody knows.
 */
export async function park(
  envelope: Envelope,
  claim: Claim,
  reason: string,
  deps: SettleDeps,
  askedMs = 0,
): Promise<Processed> {
  if ((await deps.claims.park(claim, reason, claim.steps)) === 'lost') return lost(envelope, claim, deps)
  const asked = Math.min(askedMs * (1 + deps.random.fraction() / 2), queue.maxVisibilityMs)
  const policy = askedMs > 0 ? { ...retry, capMs: retry.askedCapMs } : retry
  const delayMs = Math.max(1_000, asked, fullJitter(policy, claim.fence, deps.random))
  deps.metrics.count('EventParked', { provider: envelope.provider })
  deps.log('warn', 'an event is parked', { ...about(envelope), reason, delayMs })
  return again(delayMs)
}

export async function putBack(
  envelope: Envelope,
  claim: Claim,
  reason: string,
  deps: SettleDeps,
): Promise<Processed> {
  if (claim.attempts >= deps.maxAttempts) return bury(envelope, claim, reason, deps)
  if ((await deps.claims.fail(claim, reason, claim.steps)) === 'lost') return lost(envelope, claim, deps)
  const delayMs = Math.max(1_000, fullJitter(retry, claim.attempts, deps.random))
  deps.metrics.count('EventRetried', { provider: envelope.provider })
  deps.log('warn', 'an event failed and will be tried again', {
    ...about(envelope),
    attempts: claim.attempts,
    delayMs,
  })
  return again(delayMs)
}

export async function bury(
  envelope: Envelope,
  claim: Claim,
  reason: string,
  deps: SettleDeps,
): Promise<Processed> {
  const kept = await keptOf(envelope, deps)
  if ((await deps.claims.bury(claim, reason, kept)) === 'lost') return lost(envelope, claim, deps)
  deps.metrics.count('EventDead', { provider: envelope.provider })
  deps.log('error', 'an event is dead', { ...about(envelope), attempts: claim.attempts })
  return settled
}

/** Another worker owns the event now; the message comes back to learn what became of it. */
function lost(envelope: Envelope, claim: Claim, deps: SettleDeps): Processed {
  deps.metrics.count('LeaseLost', { provider: envelope.provider })
  deps.log('warn', 'a lease was lost while its event was handled', { ...about(envelope), fence: claim.fence })
  return again(retry.baseMs)
}

export const about = (envelope: Envelope) => {
  const { id, tenant, provider, endpoint, type } = envelope
  const traceId = traceIdOf(traceOf(envelope).traceparent)
  return { eventId: id, traceId, tenant, provider, endpoint, type }
}
