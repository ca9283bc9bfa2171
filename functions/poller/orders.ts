import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { polling } from '#lib/config/defaults.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { readHintJob, type HintJob } from '#lib/polling/hint-job.ts'
import { readKeeperJob, type KeeperJob } from '#lib/polling/keeper-jobs.ts'
import { keep } from '#lib/polling/keeper-run.ts'
import type { KeeperDeps } from '#lib/polling/keeper.ts'
import type { WantedSubscriptions } from '#lib/polling/keeper-wanted.ts'
import { jobsOf, type PollJobs } from '#lib/polling/poll-jobs.ts'
import { takeHint, type TakeHintDeps } from '#lib/polling/take-hint.ts'
import type { Log } from '#lib/telemetry/log.ts'

export interface OrderDeps {
  readonly keeper: KeeperDeps
  readonly wanted: Pick<WantedSubscriptions, 'declarationOf'>
  readonly hints: TakeHintDeps
  readonly jobs: PollJobs
  readonly log: Log
}

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>
type Handler = (event: unknown, context: Remaining) => Promise<SQSBatchResponse | undefined>

/** The same function with two more kinds of messages on its queue: subscriptions whose time has come, and hints. */
export const withOrders =
  (next: Handler, deps: OrderDeps): Handler =>
  async (event, context) => {
    const { Records = [] } = (event ?? {}) as Partial<SQSEvent>
    if (!Array.isArray(Records)) return next(event, context)
    const orders = Records.map((record) => ({ record, order: orderIn(record) }))
    const rest = orders.flatMap(({ record, order }) => (order ? [] : [record]))
    if (rest.length === Records.length) return next(event, context)
    const failed: string[] = []
    for (const { record, order } of orders) {
      if (!order) continue
      const isDone = 'hint' in order ? await isTaken(order, deps) : await isKept(order, context, deps)
      if (!isDone) failed.push(record.messageId)
    }
    const others = rest.length === 0 ? undefined : await next({ Records: rest }, context)
    return {
      batchItemFailures: [
        ...failed.map((itemIdentifier) => ({ itemIdentifier })),
        ...(others?.batchItemFailures ?? []),
      ],
    }
  }

const orderIn = ({ body, messageId, eventSource }: Partial<SQSRecord>): KeeperJob | HintJob | undefined =>
  messageId !== undefined && eventSource === 'aws:sqs'
    ? (readKeeperJob(body ?? '') ?? readHintJob(body ?? ''))
    : undefined

/** One after the other, while there is time; what is left is found by the next tick. */
async function isKept({ keep: due }: KeeperJob, context: Remaining, deps: OrderDeps): Promise<boolean> {
  let isDone = true
  for (const id of due) {
    if (context.getRemainingTimeInMillis() < polling.pageFloorMs) return isDone
    try {
      await keep(id, deps.wanted.declarationOf, deps.keeper)
    } catch (error) {
      isDone = false
      deps.log('error', 'a subscription could not be looked after; its job comes back', {
        connection: id.connection,
        type: id.subscription,
        error: describeError(error),
      })
    }
  }
  return isDone
}

/** What it is for goes on the queue; polls that began after the event was received are left out there. */
async function isTaken(job: HintJob, deps: OrderDeps): Promise<boolean> {
  const { tenant, provider, at } = job.hint
  try {
    const polls = await takeHint(job, deps.hints)
    if (polls.length > 0) await deps.jobs.send(jobsOf(polls, at, { insists: true }))
    return true
  } catch (error) {
    deps.log('error', 'polls that were asked for could not be found; the hint comes back', {
      tenant,
      provider,
      error: describeError(error),
    })
    return false
  }
}
