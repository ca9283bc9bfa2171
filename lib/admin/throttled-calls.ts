import { hours, minutes, seconds, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { MetricPoint, MetricReader } from '../telemetry/metric-reader.ts'
import { wholeSteps } from '../telemetry/whole-steps.ts'
import { keptFor } from './kept-for.ts'

export interface ThrottledDeps {
  readonly metricReader: MetricReader
  readonly clock: Clock
}

/** Calls that a provider answered with 429, by provider, step by step. */
export type Throttled = ReadonlyMap<string, readonly MetricPoint[]>

/** Reading costs money by the series: who asks again within this time gets the same answer. */
const keptMs = minutes(1)

/**
 * Reads how many calls each provider answered with 429 over the last `within` milliseconds. A provider that never did is not
 * among them. Answers are kept for a minute.
 * @throws SluiceError `METRICS_UNAVAILABLE`
 */
export function throttledCalls({ metricReader, clock }: ThrottledDeps) {
  const kept = keptFor<Throttled>(keptMs, clock)
  return (within: Millis, signal: AbortSignal): Promise<Throttled> =>
    kept(String(within), (now) => read(within, now, metricReader, signal))
}

async function read(
  within: Millis,
  now: EpochMs,
  reader: MetricReader,
  signal: AbortSignal,
): Promise<Throttled> {
  const stepMs = stepFor(within)
  const wanted = [{ id: 'throttled', name: 'CallThrottled', statistic: 'Sum', stepMs }] as const
  const series = await reader.read(wanted, wholeSteps(now, stepMs, within), signal)
  return new Map(series.map(({ provider, points }) => [provider, points]))
}

/** Fine enough for a chart of two dozen bars. */
const stepFor = (within: Millis): Millis =>
  within <= hours(1) ? seconds(60) : within <= hours(24) ? minutes(15) : hours(1)
