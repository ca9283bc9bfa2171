import * as z from 'zod/mini'
import { roles } from '../access/caller.ts'
import { instant, orNull } from './schemas.ts'

/** What the server knows of its own running, as it goes out of the API. A part is `null` where its store did not answer. */

const count = z.int().check(z.minimum(0))
/** Counted up to a hundred. */
const overdue = z.strictObject({ count, since: orNull(instant) })

export const diagnosis = z.strictObject({
  at: instant,
  stage: z.string(),
  /** What the caller may do. */
  role: z.enum(roles),
  /** When the functions that are started each minute came to their end last; `null` for one that never has. */
  rounds: orNull(
    z.strictObject({ sweeper: orNull(instant), refresher: orNull(instant), poller: orNull(instant) }),
  ),
  /** The last minute whose polls are on their queue. */
  tick: orNull(z.strictObject({ minute: orNull(instant) })),
  /** Of the first `looked` polls, those that are not read as they should be. */
  polls: orNull(
    z.strictObject({
      looked: count,
      more: z.boolean(),
      late: count,
      still: count,
      blocked: count,
      /** At most ten of them, those that stand still first. */
      held: z.array(
        z.strictObject({
          id: z.string(),
          tenant: z.string(),
          state: z.enum(['late', 'still', 'blocked']),
          lastError: orNull(z.string()),
        }),
      ),
    }),
  ),
  /** Tokens that should have been refreshed ten minutes ago or more. */
  refreshes: orNull(overdue),
  /** Subscriptions that should have been renewed, which is well before they run out, ten minutes ago or more. */
  subscriptions: orNull(overdue),
  /** Of the last 30 days, counted up to a hundred. */
  deadLetters: orNull(z.strictObject({ count, more: z.boolean() })),
  /** By queue; `null` for one that did not answer. */
  queues: z.record(z.string(), orNull(z.strictObject({ waiting: count, inFlight: count }))),
})

export type Diagnosis = z.infer<typeof diagnosis>
