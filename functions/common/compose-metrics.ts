import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { emfMetrics, type BufferedMetrics } from '#lib/telemetry/metrics.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'

/** What a function's handler has to flush. */
export interface Counted {
  readonly metrics: BufferedMetrics
}

let made: BufferedMetrics | undefined

/** The metrics of this process: all of its parts fill the same lines. */
export const composeMetrics = (): BufferedMetrics =>
  (made ??= emfMetrics({
    write: writeLine,
    now: () => systemClock.now(),
    stage: required(env.stage),
  }))
