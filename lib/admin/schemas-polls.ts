import * as z from 'zod/mini'
import { connectionId, instant, moment, name, orNull, page } from './schemas.ts'

/** How far the streams of connections are, as it goes out of the API. */

const milliseconds = z.int().check(z.minimum(0))
/** Such as `events`, or `issues?owner=octo&repo=hello`. */
const streamName = z.string()

export const pollItem = z.strictObject({
  /** Names it in addresses: the connection, a colon and the stream. */
  id: z.string(),
  tenant: z.string(),
  provider: z.string(),
  connection: connectionId,
  stream: streamName,
  state: z.enum(['active', 'blocked', 'paused']),
  cause: orNull(z.string()),
  /** The provider's time up to which everything is queued, as the provider writes it. */
  watermark: orNull(z.string()),
  /** What was changed longer ago than this is known, as far as the provider shows it. */
  lagMs: milliseconds,
  intervalMs: milliseconds,
  nextRunAt: orNull(instant),
  lastRunAt: orNull(instant),
  lastError: orNull(z.string()),
  /** Runs that failed since the last that did not. */
  failures: z.int(),
  /** Events that it queued. */
  found: z.int(),
  /** Changes that it found and no webhook brought within ten minutes. */
  missed: z.int(),
  missedAt: orNull(instant),
  webhooks: z.enum(['none', 'missing', 'healthy']),
  freshness: z.strictObject({
    state: z.enum(['fresh', 'late', 'still', 'paused']),
    /** The provider's time of the newest change that is known, and when it was seen. */
    newestAt: orNull(instant),
    seenAt: orNull(instant),
  }),
  /** The last stretch of time that could not be read. */
  gap: orNull(z.strictObject({ of: z.enum(['all', 'deletes']), since: instant, until: instant })),
})
export const pollQueued = z.strictObject({ id: z.string(), status: z.literal('queued') })
/** `at`: the minute in which the poll found them. */
export const missedItem = z.strictObject({
  tenant: z.string(),
  provider: z.string(),
  connection: connectionId,
  stream: streamName,
  at: instant,
  missed: z.int(),
})

export const pollsQuery = z.strictObject({ tenant: z.optional(name), provider: z.optional(name), ...page })
export const missedQuery = z.strictObject({
  tenant: name,
  since: z.optional(moment),
  until: z.optional(moment),
  ...page,
})

export type PollItem = z.infer<typeof pollItem>
export type MissedItem = z.infer<typeof missedItem>
