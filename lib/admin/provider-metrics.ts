import { iso, minutes, seconds, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { MetricReader } from '../telemetry/metric-reader.ts'
import { wholeSteps } from '../telemetry/whole-steps.ts'
import { keptFor } from './kept-for.ts'
import { questions } from './metric-questions.ts'
import { itemOf } from './metrics-view.ts'
import type { MetricsAnswer } from './schemas-metrics.ts'

/** How long each window is, and how long its steps are unless said. */
export const windows = {
  '1h': { windowMs: minutes(60), stepMs: seconds(60) },
  '6h': { windowMs: minutes(360), stepMs: seconds(300) },
  '24h': { windowMs: minutes(1_440), stepMs: seconds(900) },
} as const
export type WindowName = keyof typeof windows

export interface ProviderMetricsDeps {
  readonly metricReader: MetricReader
  readonly clock: Clock
}

/** Reading costs money by the series: who asks again within this time gets the same answer. */
const keptMs = minutes(1)

/**
 * What was noted of each provider, step by step and as a whole, with how it is by that. Answers are kept for a minute.
 * @throws SluiceError `METRICS_UNAVAILABLE`
 */
export function providerMetrics({ metricReader, clock }: ProviderMetricsDeps) {
  const kept = keptFor<MetricsAnswer>(keptMs, clock)
  return (
    window: WindowName,
    wantedStepMs: Millis | undefined,
    signal: AbortSignal,
  ): Promise<MetricsAnswer> => {
    const stepMs = wantedStepMs ?? windows[window].stepMs
    return kept(`${window} ${stepMs}`, (now) => read(window, stepMs, now, { metricReader, signal }))
  }
}

async function read(
  window: WindowName,
  stepMs: Millis,
  now: EpochMs,
  { metricReader, signal }: { readonly metricReader: MetricReader; readonly signal: AbortSignal },
): Promise<MetricsAnswer> {
  const { windowMs } = windows[window]
  const span = wholeSteps(now, stepMs, windowMs)
  const series = await metricReader.read(questions(stepMs, windowMs), span, signal)
  const byProvider = Map.groupBy(series, ({ provider }) => provider)
  const items = [...byProvider].map(([provider, lines]) => itemOf(provider, lines, { stepMs, windowMs, now }))
  return {
    window,
    stepSeconds: stepMs / 1_000,
    since: iso(span.since),
    until: iso(span.until),
    items: items.toSorted((a, b) => (a.provider < b.provider ? -1 : 1)),
    cursor: null,
  }
}
