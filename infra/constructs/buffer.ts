import { Duration, RemovalPolicy } from 'aws-cdk-lib'
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

type Line = 'events' | 'bulk' | 'polls' | 'backfills'
type BusRule = NonNullable<ParsedConfig['endpoints'][number]['bus']>

const urlVariable = {
  events: env.eventsQueueUrl,
  bulk: env.bulkQueueUrl,
  polls: env.pollQueueUrl,
  backfills: env.backfillQueueUrl,
} as const
const batchSize = {
  events: worker.batchSize,
  bulk: worker.batchSize,
  polls: polling.jobsPerStart,
  backfills: polling.jobsPerStart,
} as const
const deadUrlVariable = { events: env.eventsDeadLetterUrl, bulk: env.bulkDeadLetterUrl } as const

/**
 * Where accepted events wait: `events` for what comes in, `bulk` for replays and redrives, so that a mass replay delays
 * no new event, `polls` for the poller's jobs, and `backfills` for slices of what it reads beside them. Encrypted by SQS itself: a customer key would be one more thing that has to be up to take a webhook.
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
        ...(line === 'polls' || line === 'backfills' ? [] : ['sqs:ChangeMessageVisibility']),
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

  /** May take messages off the dead-letter queues of events; a dead job is worth nothing, its polls have other turns. */
  lendDeadLetters(fn: GatewayFunction): void {
    fn.permit({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
      resources: (['events', 'bulk'] as const).map((line) => this.#deadLetters[line].queueArn),
    })
    for (const line of ['events', 'bulk'] as const)
      fn.setEnv({ [deadUrlVariable[line]]: this.#deadLetters[line].queueUrl })
  }
}
