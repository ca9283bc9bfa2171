import { metricNamespace } from '../config/names.ts'
import type { EpochMs } from '../primitives/clock.ts'

/** Everything Sluice counts. A name is added here or it cannot be counted. */
export type MetricName =
  | 'WebhookAccepted'
  | 'WebhookRejected'
  | 'WebhookSpilled'
  | 'WebhookUnavailable'
  | 'BatchElements'
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

export interface MetricDimensions {
  readonly provider?: string
  readonly reason?: string
}

/** Counts one thing that happened. Never throws, never calls AWS. */
export interface Metrics {
  count(name: MetricName, dimensions?: MetricDimensions, value?: number): void
}

/**
 * CloudWatch embedded metric format: a log line that CloudWatch turns into a metric, with no API call.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfMetrics(write: (line: string) => void, now: () => EpochMs): Metrics {
  return {
    count: (name, dimensions = {}, value = 1) => {
      const metric = {
        Namespace: metricNamespace,
        Dimensions: [Object.keys(dimensions)],
        Metrics: [{ Name: name, Unit: 'Count' }],
      }
      write(
        JSON.stringify({
          _aws: { Timestamp: now(), CloudWatchMetrics: [metric] },
          ...dimensions,
          [name]: value,
        }),
      )
    },
  }
}
