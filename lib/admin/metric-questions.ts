import type { Millis } from '../primitives/clock.ts'
import type { MetricStatistic, MetricWanted } from '../telemetry/metric-reader.ts'
import type { CountName, MeasureName } from '../telemetry/metrics.ts'

/** What is asked step by step. */
const stepped = {
  received: ['WebhookAccepted', 'Sum'],
  spilled: ['WebhookSpilled', 'Sum'],
  rejected: ['WebhookRejected', 'Sum'],
  unavailable: ['WebhookUnavailable', 'Sum'],
  done: ['EventDone', 'Sum'],
  retried: ['EventRetried', 'Sum'],
  dead: ['EventDead', 'Sum'],
  calls: ['CallMade', 'Sum'],
  failed: ['CallFailed', 'Sum'],
  throttled: ['CallThrottled', 'Sum'],
  blocked: ['BreakerBlocked', 'Sum'],
  opened: ['BreakerOpened', 'Sum'],
  closed: ['BreakerClosed', 'Sum'],
  missed: ['WebhookMissed', 'Sum'],
  lag: ['PollLag', 'Maximum'],
  callP95: ['CallLatency', 'p95'],
  eventP95: ['EventLatency', 'p95'],
} as const satisfies Record<string, readonly [CountName | MeasureName, MetricStatistic]>

/** What is asked of the window as a whole: percentiles of its parts can't be put together. */
const whole = {
  callAllP50: ['CallLatency', 'p50'],
  callAllP95: ['CallLatency', 'p95'],
  callAllP99: ['CallLatency', 'p99'],
  eventAllP50: ['EventLatency', 'p50'],
  eventAllP95: ['EventLatency', 'p95'],
  eventAllP99: ['EventLatency', 'p99'],
} as const satisfies Record<string, readonly [MeasureName, MetricStatistic]>

export type SteppedId = keyof typeof stepped
export type QuestionId = SteppedId | keyof typeof whole

export const questions = (stepMs: Millis, windowMs: Millis): readonly MetricWanted[] => [
  ...Object.entries(stepped).map(([id, [name, statistic]]) => ({ id, name, statistic, stepMs })),
  ...Object.entries(whole).map(([id, [name, statistic]]) => ({ id, name, statistic, stepMs: windowMs })),
]
