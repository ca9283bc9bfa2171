import { metricNamespace } from '../config/names.ts'
import type { EpochMs } from '../primitives/clock.ts'

/** Everything Sluice counts. A name is added here or it cannot be counted. */
export type CountName =
  | 'WebhookAccepted'
  | 'WebhookRejected'
  | 'WebhookSpilled'
  | 'WebhookUnavailable'
  | 'BatchElements'
  | 'EventStarted'
  | 'EventDone'
  | 'EventDuplicate'
  | 'EventReplayedDelivery'
  | 'EventConflict'
  | 'EventRetried'
  | 'EventParked'
  | 'EventDead'
  | 'EventUnhandled'
  | 'EventUnprocessed'
  | 'LeaseLost'
  | 'SpillSwept'
  | 'TokenRefreshed'
  | 'TokenRefreshFailed'
  | 'TokenLost'
  | 'ConnectionNeedsReauth'
  | 'ConnectionMade'
  | 'ForeignAccount'
  | 'PollFound'
  | 'PollSetback'
  | 'PollJobDead'
  | 'PollCursorExpired'
  | 'PollsDue'
  | 'BackfillFound'
  | 'BackfillEnded'
  | 'SubscriptionRenewed'
  | 'SubscriptionSetback'
  | 'SubscriptionDisabled'
  | 'WebhookRedelivered'
  | 'PollGap'
  | 'WebhookConfirmed'
  | 'WebhookLate'
  | 'WebhookMissed'
  | 'WatermarkStill'
  | 'ReplayQueued'
  | 'ReplayEnded'
  | 'DeadLetterDrained'
  | 'CallMade'
  | 'CallFailed'
  | 'CallRefused'
  | 'CallThrottled'
  | 'CallLimited'
  | 'BreakerBlocked'
  | 'BreakerOpened'
  | 'BreakerClosed'

/** Everything whose length of time Sluice notes, in milliseconds. */
export type MeasureName =
  /** From the first byte of a webhook read to the answer. */
  | 'WebhookLatency'
  /** From the provider's time of an event to its receipt. */
  | 'WebhookAge'
  /** From the receipt of an event to the end of its handlers. */
  | 'EventLatency'
  /** One attempt of a call: from its leaving to its answer. */
  | 'CallLatency'
  /** What was changed longer ago than this is known. */
  | 'PollLag'

export interface MetricDimensions {
  readonly provider?: string
  readonly reason?: string
}

/** Notes what happened. Never throws, never calls AWS. */
export interface Metrics {
  count(name: CountName, dimensions?: MetricDimensions, value?: number): void
  /** @param lengthMs what is below zero, as of a clock that is wrong, counts as zero */
  measure(name: MeasureName, lengthMs: number, dimensions?: MetricDimensions): void
}

/** Metrics that are kept until they are flushed. */
export interface BufferedMetrics extends Metrics {
  /** Writes what was noted: one line for each set of dimensions. */
  flush(): void
}

/** Notes nothing. */
export const silentMetrics: Metrics = { count: () => {}, measure: () => {} }

/** CloudWatch takes no longer list of values for one metric of one line. */
const mostValues = 100

/** What has one set of dimensions: sums, and lengths one by one, so that CloudWatch can tell percentiles. */
interface Group {
  readonly dimensions: MetricDimensions
  readonly values: Map<CountName | MeasureName, number | number[]>
}

export interface EmfOptions {
  readonly write: (line: string) => void
  readonly now: () => EpochMs
  readonly stage: string
}

/**
 * CloudWatch embedded metric format: a log line that CloudWatch turns into metrics, with no API call. Each metric is noted for
 * the whole stage, for the provider, and for the reason.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics({ write, now, stage }: EmfOptions): BufferedMetrics {
  let groups = new Map<string, Group>()
  const valuesOf = (dimensions: MetricDimensions): Group['values'] => {
    const key = `${dimensions.provider} ${dimensions.reason}`
    const group = groups.get(key) ?? { dimensions, values: new Map() }
    groups.set(key, group)
    return group.values
  }
  const flush = (): void => {
    const ready = groups
    groups = new Map()
    for (const group of ready.values()) {
      try {
        write(lineOf(group, stage, now()))
      } catch {
        // Who counts must not fail because nobody can be told.
      }
    }
  }
  return {
    flush,
    count: (name, dimensions = {}, value = 1) => {
      const values = valuesOf(dimensions)
      values.set(name, Number(values.get(name) ?? 0) + value)
    },
    measure: (name, lengthMs, dimensions = {}) => {
      const values = valuesOf(dimensions)
      const lengths = (values.get(name) ?? []) as number[]
      values.set(name, lengths)
      if (lengths.push(Math.max(0, lengthMs)) >= mostValues) flush()
    },
  }
}

function lineOf({ dimensions, values }: Group, stage: string, at: EpochMs): string {
  const all = { stage, ...dimensions }
  const names = Object.keys(all)
  const metrics = [...values].map(([Name, value]) => ({
    Name,
    Unit: typeof value === 'number' ? 'Count' : 'Milliseconds',
  }))
  const metric = {
    Namespace: metricNamespace,
    // The stage, the stage and the provider, …
    Dimensions: names.map((_, index) => names.slice(0, index + 1)),
    Metrics: metrics,
  }
  return JSON.stringify({
    _aws: { Timestamp: at, CloudWatchMetrics: [metric] },
    ...all,
    ...Object.fromEntries(values),
  })
}
