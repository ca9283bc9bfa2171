import * as z from 'zod/mini'
import { instant, moment, orNull } from './schemas.ts'

const backfillStates = ['running', 'paused', 'done', 'cancelled', 'failed'] as const

/** A window of a poll's stream, and how much of it was read. */
export const backfillItem = z.strictObject({
  id: z.string().check(z.regex(/^bf_[A-Za-z0-9_-]{32}$/)),
  poll: z.string(),
  tenant: z.string(),
  provider: z.string(),
  status: z.enum(backfillStates),
  cause: orNull(z.string()),
  /** Null: from the beginning, and up to its start. */
  since: orNull(instant),
  until: orNull(instant),
  startedAt: instant,
  finishedAt: orNull(instant),
  pages: z.int(),
  /** Items that were read, and events that were queued. */
  read: z.int(),
  found: z.int(),
  /** Items of the whole list, where the provider tells. */
  total: orNull(z.int()),
  /** 0 to 1; null where nothing tells how far it is. */
  share: orNull(z.number()),
  failures: z.int(),
  failure: orNull(z.string()),
  nextAt: orNull(instant),
  /** What the provider gives no more. */
  gap: orNull(z.strictObject({ of: z.enum(['all', 'deletes']), since: instant, until: instant })),
})

/** Without `since` from the beginning, without `until` up to now. `again` reads a window once more. */
export const backfillRequest = z.strictObject({
  since: z.optional(moment),
  until: z.optional(moment),
  again: z.optional(z.boolean()),
})

export type BackfillItem = z.infer<typeof backfillItem>
