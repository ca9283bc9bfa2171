import { Duration } from 'aws-cdk-lib'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { math, noted, ofAllFunctions, ofFunction, type Watched } from './watched.ts'

/** One alarm: what it looks at, and when that is too much. */
export interface AlarmWords {
  /** Also the heading of its part of the runbook. */
  readonly name: string
  /** What is wrong then. */
  readonly says: string
  readonly metric: IMetric
  /** What is above this is too much, `unusual` what is above the band of what was usual. */
  readonly above: number | 'unusual'
  /** So many of the last periods; the first that there is, unless said. */
  readonly of?: readonly [bad: number, periods: number]
  /** Nothing at all is as bad as too much. */
  readonly needsData?: boolean
}

const quarter = Duration.minutes(15)
const hour = Duration.hours(1)

/** Every alarm. Ratios are built so that whatever their upper part counts, their lower part has counted too. */
export const alarmList = (watched: Watched): readonly AlarmWords[] => [
  ...ofWebhooks(watched),
  ...ofEvents(watched),
  ...ofCalls(watched),
  ...ofPolls(watched),
  ...ofQueues(watched),
  ...ofTheRest(watched),
]

function ofWebhooks(watched: Watched): AlarmWords[] {
  const of = noted(watched.stage)
  return [
    {
      name: 'webhook-availability',
      says: 'More than 0.1% of webhooks got a 5xx answer: providers send them again, and some give up.',
      metric: math('100 * (FILL(unavailable, 0) + errors) / invocations', {
        unavailable: of('WebhookUnavailable', 'Sum'),
        errors: ofFunction(watched, 'webhook', 'Errors'),
        invocations: ofFunction(watched, 'webhook', 'Invocations'),
      }),
      above: 0.1,
      of: [2, 3],
    },
    {
      name: 'webhook-slow',
      says: 'Webhooks take longer than usual to be accepted; some providers wait no more than 3 seconds.',
      metric: of('WebhookLatency', 'p95', quarter),
      above: 'unusual',
      of: [2, 2],
    },
    {
      name: 'webhook-spilled',
      says: 'The queue does not take events; they are kept in the bucket and put back from there.',
      metric: of('WebhookSpilled', 'Sum'),
      above: 0,
      of: [3, 3],
    },
  ]
}

function ofEvents(watched: Watched): AlarmWords[] {
  const of = noted(watched.stage)
  return [
    {
      name: 'dead-letters',
      says: 'Events were set aside: nothing handles them again by itself.',
      metric: of('EventDead', 'Sum'),
      above: 0,
    },
    {
      name: 'event-errors',
      says: 'More than 1% of the attempts to handle an event failed.',
      metric: math('IF(started >= 20, 100 * retried / started, 0)', {
        retried: of('EventRetried', 'Sum'),
        started: of('EventStarted', 'Sum'),
      }),
      above: 1,
      of: [2, 3],
    },
    {
      name: 'event-slow',
      says: 'Events take longer than usual from their receipt to the end of their handlers.',
      metric: of('EventLatency', 'p95', quarter),
      above: 'unusual',
      of: [2, 2],
    },
    {
      name: 'event-unprocessed',
      says: 'Events could not even be begun, as when the Ledger does not answer. They come back by themselves.',
      metric: of('EventUnprocessed', 'Sum'),
      above: 0,
      of: [3, 3],
    },
  ]
}

function ofCalls(watched: Watched): AlarmWords[] {
  const of = noted(watched.stage)
  const made = of('CallMade', 'Sum')
  return [
    {
      name: 'call-errors',
      says: 'More than 1% of the calls to providers failed.',
      metric: math('IF(made >= 20, 100 * failed / made, 0)', { failed: of('CallFailed', 'Sum'), made }),
      above: 1,
      of: [2, 3],
    },
    {
      name: 'call-slow',
      says: 'Providers take longer than usual to answer.',
      metric: of('CallLatency', 'p95', quarter),
      above: 'unusual',
      of: [2, 2],
    },
    {
      name: 'call-throttled',
      says: 'Providers sent more than 5% of the calls away for being too many.',
      metric: math('IF(made >= 20, 100 * throttled / made, 0)', {
        throttled: of('CallThrottled', 'Sum'),
        made,
      }),
      above: 5,
      of: [3, 3],
    },
    {
      name: 'breaker-open',
      says: 'A provider has been ill for a quarter of an hour: calls to it are held back.',
      metric: of('BreakerBlocked', 'Sum'),
      above: 0,
      of: [3, 3],
    },
    {
      name: 'token-refresh',
      says: 'Tokens could not be refreshed three times in a quarter of an hour.',
      metric: of('TokenRefreshFailed', 'Sum', quarter),
      above: 2,
    },
    {
      name: 'token-lost',
      says: 'New tokens could be kept nowhere: the connection will need its user.',
      metric: of('TokenLost', 'Sum'),
      above: 0,
    },
  ]
}

function ofPolls(watched: Watched): AlarmWords[] {
  const of = noted(watched.stage)
  return [
    {
      name: 'data-old',
      says: 'What is known of a stream is more than an hour old.',
      metric: of('PollLag', 'Maximum', quarter),
      above: 3_600_000,
      of: [2, 2],
    },
    {
      name: 'watermark-still',
      says: 'A stream is read again and again, and does not get on.',
      metric: of('WatermarkStill', 'Sum', quarter),
      above: 2,
    },
    {
      name: 'webhooks-missed',
      says: 'Polls found more than 10 changes within an hour that no webhook brought.',
      metric: of('WebhookMissed', 'Sum', hour),
      above: 10,
    },
    {
      name: 'jobs-dead',
      says: 'A poll, a subscription or a slice of a backfill killed each start of the poller that took it.',
      metric: of('PollJobDead', 'Sum'),
      above: 0,
    },
  ]
}

/** How long the oldest message of a queue may wait, in minutes. Replays and backfills may take their time. */
const patience = { events: 15, bulk: 1_440, polls: 15, backfills: 360, replays: 1_440 } as const

function ofQueues({ buffer }: Watched): AlarmWords[] {
  return (['events', 'bulk', 'polls', 'backfills', 'replays'] as const).flatMap((line): AlarmWords[] => {
    const { age, dead } = buffer.watched(line)
    return [
      {
        name: `${line}-age`,
        says: `The oldest message of the queue "${line}" has waited for more than ${patience[line]} minutes.`,
        metric: age,
        above: patience[line] * 60,
        of: [2, 2],
      },
      {
        name: `${line}-dead`,
        says: `Messages lie in the dead-letter queue of "${line}".`,
        metric: dead,
        above: 0,
        of: [3, 3],
      },
    ]
  })
}

function ofTheRest(watched: Watched): AlarmWords[] {
  const scheduled = (['sweeper', 'refresher', 'poller'] as const).map((name): AlarmWords => ({
    name: `${name}-stopped`,
    says: `The ${name} has not been started for ten minutes; it should be each minute.`,
    metric: math('IF(started > 0, 0, 1)', { started: ofFunction(watched, name, 'Invocations') }),
    above: 0,
    of: [2, 2],
    needsData: true,
  }))
  return [
    ...scheduled,
    {
      name: 'function-errors',
      says: 'Functions crashed or ran out of time.',
      metric: ofAllFunctions(watched, 'Errors'),
      above: 0,
      of: [2, 3],
    },
    {
      name: 'function-throttles',
      says: 'Functions were not started because too many copies were running.',
      metric: ofAllFunctions(watched, 'Throttles'),
      above: 0,
      of: [2, 3],
    },
  ]
}
