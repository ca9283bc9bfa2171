import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { polling } from '#lib/config/defaults.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { ms } from '#lib/primitives/clock.ts'
import { readJob, type JobEntry, type PollJob } from '#lib/polling/poll-jobs.ts'
import { runPoll, type RunPollDeps } from '#lib/polling/run-poll.ts'
import { runTick, type TickerDeps } from './tick.ts'

export type PollerDeps = Omit<RunPollDeps, 'remainingMs'> & TickerDeps

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>

/** One function with two triggers: the schedule starts a tick, the queue brings the jobs that ticks have made. */
export function poller(deps: PollerDeps) {
  return async (event: unknown, context: Remaining): Promise<SQSBatchResponse | undefined> => {
    if (isBatch(event)) return runJobs(event, context, deps)
    await runTick(deps)
    return undefined
  }
}

/** An answer about something else would make Lambda delete messages that nobody has looked at. */
const isBatch = (event: unknown): event is SQSEvent => {
  const { Records } = (event ?? {}) as Partial<SQSEvent>
  return (
    Array.isArray(Records) &&
    Records.every(({ messageId, eventSource }) => messageId && eventSource === 'aws:sqs')
  )
}

interface Task {
  readonly messageId: string
  readonly job: PollJob
  readonly entry: JobEntry
}

/** All polls of all jobs, some at a time; a job comes back when one of its polls could not even be begun. */
async function runJobs(event: SQSEvent, context: Remaining, deps: PollerDeps): Promise<SQSBatchResponse> {
  const tasks = event.Records.flatMap(({ messageId, body }): Task[] => {
    const job = readJob(body)
    if (!job) deps.log('error', 'a message is no poll job; it is dropped', { messageId })
    return job?.polls.map((entry) => ({ messageId, job, entry })) ?? []
  })
  const remainingMs = () => ms(context.getRemainingTimeInMillis())
  const failed = new Set<string>()
  const late: Task[] = []
  await mapBounded(tasks, polling.concurrency, async (task) => {
    if (remainingMs() < polling.pageFloorMs) return void late.push(task)
    if (!(await isRun(task, { ...deps, remainingMs }))) failed.add(task.messageId)
  })
  await handOver(late, failed, deps)
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }
}

async function isRun({ job, entry }: Task, deps: RunPollDeps): Promise<boolean> {
  const { tenant, provider, connection, stream } = entry
  try {
    await runPoll({ ...entry, due: job.due, urgent: job.urgent, insists: job.insists }, deps)
    return true
  } catch (error) {
    deps.log('error', 'a poll could not be run; its job comes back', {
      tenant,
      provider,
      connection,
      type: stream,
      error: describeError(error),
    })
    return false
  }
}

/** What there was no time for goes back on the queue as it was, without the polls that were run. */
async function handOver(
  late: readonly Task[],
  failed: Set<string>,
  { jobs, log }: PollerDeps,
): Promise<void> {
  const rest = Map.groupBy(
    late.filter(({ messageId }) => !failed.has(messageId)),
    ({ messageId }) => messageId,
  )
  for (const [messageId, [first, ...others]] of rest) {
    if (!first) continue
    try {
      await jobs.send([{ ...first.job, polls: [first, ...others].map(({ entry }) => entry) }])
    } catch (error) {
      log('warn', 'polls that there was no time for come back with their job', {
        messageId,
        error: describeError(error),
      })
      failed.add(messageId)
    }
  }
}
