import { polling } from '../config/defaults.ts'
import { epochMs, later, type Clock, type Millis } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { MissedLedger, MissedPolls } from './missed-ledger.ts'
import { minuteOf } from './phases.ts'
import type { Sightings } from './sightings.ts'

export interface JudgeDeps {
  readonly sightings: Pick<Sightings, 'unbrought'>
  readonly missed: Omit<MissedLedger, 'list'>
  readonly missedPolls: MissedPolls
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** How long after the poll a webhook may come; ten minutes where it is not said. */
  readonly graceMs?: Millis
}

/**
 * Counts what polls found and no webhook brought within the grace time, minute by minute of the sighting. Where it dies in
 * between, the same minute is judged again and every figure comes out the same. Costs the same few reads a minute, however
 * many connections there are.
 * @returns how many were missed
 * @throws SluiceError `LEDGER_UNAVAILABLE` or `VAULT_UNAVAILABLE`: then the next round goes on where this one stopped.
 */
export async function judgeMissed(signal: AbortSignal, deps: JudgeDeps): Promise<number> {
  // The last minute of which even the last sighting has had its time.
  const last = minuteOf(later(deps.clock.now(), 0 - (deps.graceMs ?? polling.graceMs))) - 1
  const before = (await deps.missed.judged()) ?? last - 1
  const until = Math.min(last, before + polling.judgedMinutes)
  let missed = 0
  for (let minute = before + 1; minute <= until && !signal.aborted; minute += 1)
    missed += await judgeMinute(minute, signal, deps)
  return missed
}

async function judgeMinute(minute: number, signal: AbortSignal, deps: JudgeDeps): Promise<number> {
  const at = epochMs(minute * 60_000)
  const unbrought = await deps.sightings.unbrought(minute, signal)
  for (const each of unbrought) {
    await deps.missed.set({ ...each, at })
    await deps.missedPolls.addMissed({ ...each, at })
  }
  await deps.missed.setJudged(minute)
  // Only now: a minute that is judged twice is told once.
  for (const { tenant, provider, connection, stream, count } of unbrought) {
    deps.metrics.count('WebhookMissed', { provider }, count)
    deps.log('warn', 'polls found what no webhook brought', {
      tenant,
      provider,
      connection,
      type: stream,
      count,
    })
  }
  return unbrought.reduce((sum, { count }) => sum + count, 0)
}
