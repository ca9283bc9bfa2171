import * as z from 'zod/mini'
import type { SubscriptionId } from './keeper.ts'

/** Subscriptions that are looked after by one start of the poller. */
export interface KeeperJob {
  readonly v: 1
  readonly keep: readonly SubscriptionId[]
}

/** Where they wait for the poller. @throws SluiceError `BUFFER_UNAVAILABLE` when the queue did not take them all. */
export interface KeeperJobs {
  send(jobs: readonly KeeperJob[]): Promise<void>
}

/** Subscriptions of one job. */
const jobSize = 10

export const keeperJobsOf = (due: readonly SubscriptionId[]): readonly KeeperJob[] =>
  Array.from({ length: Math.ceil(due.length / jobSize) }, (_, index) => ({
    v: 1,
    keep: due
      .slice(index * jobSize, (index + 1) * jobSize)
      .map(({ connection, subscription }) => ({ connection, subscription })),
  }))

const name = z.string().check(z.minLength(1), z.maxLength(1_024))
const shape = z.object({
  v: z.literal(1),
  keep: z.array(z.object({ connection: name, subscription: name })).check(z.maxLength(100)),
})

/** `undefined` for a message that is no job of this version. */
export function readKeeperJob(message: string): KeeperJob | undefined {
  try {
    const read = shape.safeParse(JSON.parse(message))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
