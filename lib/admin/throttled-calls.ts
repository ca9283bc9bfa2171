import {
  epochMs,
  hours,
  later,
  minutes,
  seconds,
  type Clock,
  type EpochMs,
  type Millis,
} from '../primitives/clock.ts'
import type { MetricPoint, MetricReader } from '../telemetry/metric-reader.ts'

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
  const kept = new Map<Millis, { readonly at: EpochMs; readonly answer: Promise<Throttled> }>()
  return (within: Millis, signal: AbortSignal): Promise<Throttled> => {
    const now = clock.now()
    const last = kept.get(within)
    if (last && now - last.at < keptMs) return last.answer
    const answer = read(within, now, metricReader, signal)
    kept.set(within, { at: now, answer })
    // What failed is asked for again.
    answer.catch(() => kept.delete(within))
    return answer
  }
}

async function read(
  within: Millis,
  now: EpochMs,
  reader: MetricReader,
  signal: AbortSignal,
): Promise<Throttled> {
  const stepMs = stepFor(within)
  // Whole steps, the one that has begun included.
  const until = epochMs(Math.ceil(now / stepMs) * stepMs)
  const wanted = [{ id: 'throttled', name: 'CallThrottled', statistic: 'Sum', stepMs }] as const
  const series = await reader.read(wanted, { since: later(until, 0 - within), until }, signal)
  return new Map(series.map(({ provider, points }) => [provider, points]))
}

/** Fine enough for a chart of two dozen bars. */
const stepFor = (within: Millis): Millis =>
  within <= hours(1) ? seconds(60) : within <= hours(24) ? minutes(15) : hours(1)
