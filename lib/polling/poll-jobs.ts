import * as z from 'zod/mini'
import { epochMs, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { PollRef } from './poll-state.ts'

/** One poll of a job. */
export interface JobEntry extends PollRef {
  /** The phase whose turn it is, where a turn is why it runs: `15#7`. */
  readonly phase?: string | undefined
}

/** Polls that are run by one start of the poller. */
export interface PollJob {
  readonly v: 1
  /** A poll that ran at or after this is left out. */
  readonly due: EpochMs
  /** Someone asks for it: it does not wait for its next time. */
  readonly urgent?: boolean | undefined
  /** What it is for may have come after a run that is under way: it comes again once that is over. */
  readonly insists?: boolean | undefined
  readonly polls: readonly JobEntry[]
}

/** Where jobs wait for the poller. */
export interface PollJobs {
  /**
   * Resolves once all are stored.
   * @throws SluiceError `BUFFER_UNAVAILABLE` when the queue did not take them all.
   */
  send(jobs: readonly PollJob[], wait?: JobWait): Promise<void>
}

export interface JobWait {
  /** Nobody is handed them before this is over, 15 minutes at most. */
  readonly delayMs?: Millis
  /** The last one this much later than the first, the others in between. */
  readonly spreadMs?: Millis
}

/** Polls of one job: its start is paid once for all of them. */
const jobSize = 25

export function jobsOf(
  polls: readonly JobEntry[],
  due: EpochMs,
  how: Pick<PollJob, 'insists'> = {},
): readonly PollJob[] {
  return Array.from({ length: Math.ceil(polls.length / jobSize) }, (_, index) => ({
    v: 1,
    due,
    ...how,
    polls: polls.slice(index * jobSize, (index + 1) * jobSize),
  }))
}

/** Puts one poll on the queue, now: a breaker has closed, a webhook says "look", someone asks. */
export const pollNow = (
  { tenant, provider, connection, stream }: PollRef,
  { jobs, clock }: { readonly jobs: PollJobs; readonly clock: { now(): EpochMs } },
): Promise<void> =>
  jobs.send([{ v: 1, due: clock.now(), urgent: true, polls: [{ tenant, provider, connection, stream }] }])

const name = z.string().check(z.minLength(1), z.maxLength(512))
const shape = z.object({
  v: z.literal(1),
  due: z.number().check(z.int()),
  urgent: z.optional(z.boolean()),
  insists: z.optional(z.boolean()),
  polls: z
    .array(
      z.object({ tenant: name, provider: name, connection: name, stream: name, phase: z.optional(name) }),
    )
    .check(z.maxLength(100)),
})

/** `undefined` for a message that is no job of this version. */
export function readJob(message: string): PollJob | undefined {
  try {
    const read = shape.safeParse(JSON.parse(message))
    return read.success ? { ...read.data, due: epochMs(read.data.due) } : undefined
  } catch {
    return undefined
  }
}
