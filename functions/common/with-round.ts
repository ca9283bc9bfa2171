import { describeError } from '#lib/errors/sluice-error.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { RoundName, Rounds } from '#lib/telemetry/rounds.ts'

export interface RoundDeps {
  readonly rounds: Rounds
  readonly clock: Clock
  readonly log: Log
}

/** `run`, and after a start by the schedule the time of its end is noted; a batch of a queue is none. A note that fails ends nothing. */
export const withRound =
  <Event, Rest extends readonly unknown[], Result>(
    name: RoundName,
    run: (event: Event, ...rest: Rest) => Promise<Result>,
    { rounds, clock, log }: RoundDeps,
  ) =>
  async (event: Event, ...rest: Rest): Promise<Result> => {
    const result = await run(event, ...rest)
    if (isBatch(event)) return result
    try {
      await rounds.note(name, clock.now())
    } catch (error) {
      log('warn', 'the end of a round could not be noted', { error: describeError(error) })
    }
    return result
  }

const isBatch = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && Object.hasOwn(event, 'Records')
