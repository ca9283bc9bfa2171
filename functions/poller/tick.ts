import type { Log } from '#lib/telemetry/log.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { seconds, type Clock } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { tick, type TickDeps } from '#lib/polling/tick.ts'

export interface TickerDeps extends TickDeps {
  readonly clock: Clock
  readonly log: Log
  /** The config wants nothing to be read. */
  readonly isIdle: boolean
  /** Puts subscriptions whose time has come on the queue. */
  readonly tickKeeper: () => Promise<unknown>
  /** Counts what polls found and no webhook brought. */
  readonly judge: (signal: AbortSignal) => Promise<unknown>
}

/** The judge may take this long. */
const judgeMs = seconds(30)

/** Each minute: what is due goes on the queue, and what webhooks missed is counted. What fails, the next tick makes up for. */
export async function runTick(deps: TickerDeps): Promise<void> {
  if (deps.isIdle) return
  try {
    await tick(deps.clock.now(), deps)
  } catch (error) {
    deps.log('error', 'a tick of polls failed; the next one makes up for it', { error: describeError(error) })
  }
  try {
    await deps.tickKeeper()
  } catch (error) {
    deps.log('error', 'subscriptions that are due could not be queued; the next tick does', {
      error: describeError(error),
    })
  }
  const deadline = deadlineAfter(deps.clock, judgeMs)
  try {
    await deps.judge(deadline.signal)
  } catch (error) {
    deps.log('error', 'missed webhooks could not be counted; the next tick does', {
      error: describeError(error),
    })
  } finally {
    deadline.end()
  }
}
