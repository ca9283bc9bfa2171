import type { Log } from '#lib/telemetry/log.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { tick, type TickDeps } from '#lib/polling/tick.ts'

export interface TickerDeps extends TickDeps {
  readonly clock: Clock
  readonly log: Log
  /** The config wants nothing to be read. */
  readonly isIdle: boolean
}

/** Each minute: what is due goes on the queue. What fails is made up for by the next tick. */
export async function runTick(deps: TickerDeps): Promise<void> {
  if (deps.isIdle) return
  try {
    await tick(deps.clock.now(), deps)
  } catch (error) {
    deps.log('error', 'a tick of polls failed; the next one makes up for it', { error: describeError(error) })
  }
}
