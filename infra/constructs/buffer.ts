import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { EventSourceMapping, type CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { polling, worker } from '#lib/config/defaults.ts'
import type { ParsedConfig } from '#lib/config/parse-config.ts'
import { env } from '#lib/config/names.ts'
import type { Plan } from '../plan.ts'
import type { GatewayFunction } from './gateway-function.ts'

type Line = 'events' | 'bulk' | 'polls' | 'backfills' | 'replays'
type BusRule = NonNullable<ParsedConfig['endpoints'][number]['bus']>

const urlVariable = {
  events: env.eventsQueueUrl,
  bulk: env.bulkQueueUrl,
  polls: env.pollQueueUrl,
  backfills: env.backfillQueueUrl,
  replays: env.replayQueueUrl,
} as const
const batchSize = {
  events: worker.batchSize,
  bulk: worker.batchSize,
  polls: polling.jobsPerStart,
  backfills: polling.jobsPerStart,
  replays: polling.jobsPerStart,
} as const
const deadUrlVariable = {
  events: env.eventsDeadLetterUrl,
  bulk: env.bulkDeadLetterUrl,
  polls: env.pollsDeadLetterUrl,
  backfills: env.backfillsDeadLetterUrl,
} as const

/**
 * Where accepted events wait: `events` for what comes in, `bulk` for replays and redrives, so that a mass replay delays
 * no new event, `polls` for the poller's jobs, `backfills` for slices of what it reads beside them,
 * and `replays` for slices of what is sent through again. Encrypted by SQS itself: a customer key would be one more thing that has to be up to take a webhook.
 */
export class Buffer extends Construct {
  readonly #queues: Readonly<Record<Line, Queue>>
  readonly #deadLetters: Readonly<Record<Line, Queue>>

  constructor(scope: Construct, id: string, plan: Plan) {
    super(scope, id)
    const deadLetters = (name: string) =>
      this.#queue(name, plan.deadLetterRetention, plan.deadLetterVisibility)
    this.#deadLetters = {
      events: deadLetters('EventsDead'),
      bulk: deadLetters('BulkDead'),
      polls: deadLetters('PollsDead'),
      backfills: deadLetters('BackfillsDead'),
      replays: deadLetters('ReplaysDead'),
    }
    const line = (name: string, queue: Queue) =>
      this.#queue(name, plan.queueRetention, plan.queueVisibility, {
        queue,
        maxReceiveCount: plan.maxReceiveCount,
      })
    this.#queues = {
      events: line('Events', this.#deadLetters.events),
      bulk: line('Bulk', this.#deadLetters.bulk),
      polls: this.#queue('Polls', plan.pollRetention, plan.pollVisibility, {
        queue: this.#deadLetters.polls,
        maxReceiveCount: plan.pollReceives,
      }),
      // A slice has no other turn: its message is all that leads on.
      backfills: this.#queue('Backfills', plan.queueRetention, plan.pollVisibility, {
        queue: this.#deadLetters.backfills,
        maxReceiveCount: plan.maxReceiveCount,
      }),
      replays: this.#queue('Replays', plan.queueRetention, plan.replayVisibility, {
        queue: this.#deadLetters.replays,
        maxReceiveCount: plan.maxReceiveCount,
      }),
    }
  }

  #queue(
    id: string,
    retention: number,
    visibility: number,
    deadLetterQueue?: { readonly queue: Queue; readonly maxReceiveCount: number },
  ): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.millis(retention),
      visibilityTimeout: Duration.millis(visibility),
      // What waits here was acknowledged to somebody: deleting the stack must not delete it.
      removalPolicy: RemovalPolicy.RETAIN,
      ...(deadLetterQueue && { deadLetterQueue }),
    })
  }

  queueUrl(line: Line): string {
    return this.#queues[line].queueUrl
  }

  /** What alarms look at: how long the oldest message of `line` has waited, seconds, and how many were set aside. */
  watched(line: Line): { readonly age: Metric; readonly dead: Metric } {
    return {
      age: this.#queues[line].metricApproximateAgeOfOldestMessage({ statistic: 'Maximum' }),
      dead: this.#deadLetters[line].metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
    }
  }

  /** May put messages on `line`. */
  lendSending(fn: GatewayFunction, line: Line): void {
    const queue = this.#queues[line]
    fn.permit({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] })
    fn.setEnv({ [urlVariable[line]]: queue.queueUrl })
  }

  /** A rule that puts the events of a bus on `events`, as they are; what EventBridge can't deliver for a day is a dead letter. */
  takeFromBus(id: string, { name, source, detailTypes, detail }: BusRule): void {
    new Rule(this, id, {
      eventBus: EventBus.fromEventBusName(this, `${id}Bus`, name),
      eventPattern: {
        source: [source],
        ...(detailTypes && { detailType: [...detailTypes] }),
        ...(detail && { detail }),
      },
      targets: [
        new SqsQueue(this.#queues.events, {
          deadLetterQueue: this.#deadLetters.events,
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    })
  }

  /** May ask how many messages wait in each queue, and nothing of what is in them. */
  lendAsking(fn: GatewayFunction): void {
    const dead = Object.keys(deadUrlVariable) as (keyof typeof deadUrlVariable)[]
    const resources = [...Object.values(this.#queues), ...dead.map((line) => this.#deadLetters[line])]
    fn.permit({
      actions: ['sqs:GetQueueAttributes'],
      resources: resources.map(({ queueArn }) => queueArn),
    })
    for (const line of Object.keys(urlVariable) as Line[])
      fn.setEnv({ [urlVariable[line]]: this.#queues[line].queueUrl })
    for (const line of dead) fn.setEnv({ [deadUrlVariable[line]]: this.#deadLetters[line].queueUrl })
  }

  /** Is started with the messages of `line`, at most `concurrency` copies at a time; of an event it may change when it comes back. */
  lendReceiving(fn: GatewayFunction, line: Line, concurrency: number): void {
    const queue = this.#queues[line]
    fn.permit({
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        // A job that must wait is a new one.
        ...(line !== 'events' && line !== 'bulk' ? [] : ['sqs:ChangeMessageVisibility']),
      ],
      resources: [queue.queueArn],
    })
    fn.setEnv({ [urlVariable[line]]: queue.queueUrl })
    const mapping = new EventSourceMapping(fn, `From${line.slice(0, 1).toUpperCase()}${line.slice(1)}`, {
      target: fn.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: batchSize[line],
      maxConcurrency: concurrency,
      reportBatchItemFailures: true,
    })
    // SQS is asked with the function's role: the mapping can't be made before the role may.
    const resource = mapping.node.defaultChild as CfnEventSourceMapping
    resource.node.addDependency(fn.lambda.role ?? fn)
  }

  /** May take messages off every dead-letter queue. */
  lendDeadLetters(fn: GatewayFunction): void {
    const lines = ['events', 'bulk', 'polls', 'backfills'] as const
    fn.permit({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
      resources: lines.map((line) => this.#deadLetters[line].queueArn),
    })
    for (const line of lines) fn.setEnv({ [deadUrlVariable[line]]: this.#deadLetters[line].queueUrl })
  }
}
