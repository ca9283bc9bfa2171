import type { Envelope } from '../buffer/envelope.ts'
import { polling } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import type { ClaimOutcome } from '../idempotency/claims.ts'
import type { Sighting, Sightings } from '../polling/sightings.ts'
import { elapsed, type Clock, type Millis } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export interface SightDeps {
  readonly sightings: Pick<Sightings, 'polled' | 'brought'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** How long after the poll a webhook may come; ten minutes where it is not said. */
  readonly missedGraceMs?: Millis
}

/**
 * Notes which way an event came first, where both a poll and a webhook should bring it. What a webhook brings first costs
 * nothing; what a poll brings first costs one write, and one more once the webhook comes. Counting never holds up an event:
 * what can't be noted is logged.
 */
export async function noteSight(envelope: Envelope, outcome: ClaimOutcome, deps: SightDeps): Promise<void> {
  const first = firstOf(outcome)
  const { provider } = envelope
  if (first?.via === 'webhook' && envelope.poll && outcome.kind === 'settled')
    deps.metrics.count('WebhookConfirmed', { provider })
  if (first?.via !== 'poll' || first.sightedAt === undefined || envelope.redrive !== undefined) return
  const sighting = { id: envelope.id, at: first.sightedAt }
  const isJudged = elapsed(sighting.at, deps.clock.now()) > (deps.missedGraceMs ?? polling.graceMs)
  if (envelope.via === 'webhook' && isJudged) deps.metrics.count('WebhookLate', { provider })
  if (isJudged) return
  try {
    await note(sighting, envelope, outcome, deps)
  } catch (error) {
    deps.log('warn', 'which way an event came first could not be noted', {
      eventId: envelope.id,
      provider,
      error: describeError(error),
    })
  }
}

const firstOf = (outcome: ClaimOutcome) =>
  outcome.kind === 'claimed' ? outcome.claim.first : outcome.kind === 'settled' ? outcome.first : undefined

async function note(
  sighting: Sighting,
  { via, tenant, provider, poll }: Envelope,
  { kind }: ClaimOutcome,
  { sightings }: SightDeps,
): Promise<void> {
  if (via === 'webhook') return sightings.brought(sighting)
  // A second copy of what was handled has been noted when it was.
  if (poll && kind === 'claimed') return sightings.polled(sighting, { tenant, provider, ...poll })
}
