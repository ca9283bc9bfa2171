import { Duration } from 'aws-cdk-lib'
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  MathExpression,
  PeriodOverride,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { metricNamespace } from '#lib/config/names.ts'
import { noted, ofAllFunctions, type Watched } from './watched.ts'

const period = Duration.minutes(5)
const lines = ['events', 'bulk', 'polls', 'backfills'] as const

/** One page of CloudWatch: webhooks, events, calls, polls, queues and functions, by provider where it says something. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id)
    const { stage } = watched
    const of = noted(stage)
    const sums = (...names: string[]): IMetric[] => names.map((name) => of(name, 'Sum'))
    const lengths = (name: string): IMetric[] => ['p50', 'p95', 'p99'].map((statistic) => of(name, statistic))
    const rows: readonly (readonly [title: string, metrics: readonly IMetric[]])[][] = [
      [
        ['Webhooks', sums('WebhookAccepted', 'WebhookRejected', 'WebhookUnavailable', 'WebhookSpilled')],
        ['Webhooks: time to accept, ms', lengths('WebhookLatency')],
        ['Webhooks by provider', [byProvider(stage, 'WebhookAccepted', 'Sum')]],
      ],
      [
        ['Events', sums('EventDone', 'EventRetried', 'EventParked', 'EventDead')],
        ['Events: receipt to end, ms', lengths('EventLatency')],
        ['Events by provider', [byProvider(stage, 'EventDone', 'Sum')]],
      ],
      [
        ['Calls', sums('CallMade', 'CallFailed', 'CallThrottled', 'CallRefused')],
        ['Calls: p95 by provider, ms', [byProvider(stage, 'CallLatency', 'p95')]],
        ['Breakers', sums('BreakerOpened', 'BreakerClosed', 'BreakerBlocked')],
      ],
      [
        ['Polls: age of what is known by provider, ms', [byProvider(stage, 'PollLag', 'Maximum')]],
        ['Missed webhooks by provider', [byProvider(stage, 'WebhookMissed', 'Sum')]],
        ['Tokens', sums('TokenRefreshed', 'TokenRefreshFailed', 'ConnectionNeedsReauth')],
      ],
      [
        ['Queues: age of the oldest message, s', lines.map((line) => watched.buffer.watched(line).age)],
        ['Queues: set aside', lines.map((line) => watched.buffer.watched(line).dead)],
        ['Functions', [ofAllFunctions(watched, 'Errors'), ofAllFunctions(watched, 'Throttles')]],
      ],
    ]
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `sluice-${stage}`,
      periodOverride: PeriodOverride.INHERIT,
      defaultInterval: Duration.hours(6),
      widgets: rows.map((row) =>
        row.map(([title, left]) => new GraphWidget({ title, left: [...left], width: 8, liveData: true })),
      ),
    })
  }
}

/** One line for each provider that was seen in the last two weeks. */
const byProvider = (stage: string, name: string, statistic: string): MathExpression =>
  new MathExpression({
    expression: `SEARCH('{${metricNamespace},stage,provider} MetricName="${name}" stage="${stage}"', '${statistic}', ${period.toSeconds()})`,
    label: '',
    period,
  })
