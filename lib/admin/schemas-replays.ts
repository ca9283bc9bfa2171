import * as z from 'zod/mini'
import { replaying } from '../config/replay-defaults.ts'
import { patternGrammar } from '../processing/handler.ts'
import { id, instant, moment, name, orNull } from './schemas.ts'

const count = z.int().check(z.nonnegative())
const modes = ['same-key', 'forced'] as const
const states = ['running', 'paused', 'done', 'cancelled'] as const

const filter = {
  provider: z.optional(id),
  /** With `*` for any run of characters: `stripe.invoice.*`, or the provider's own `invoice.*`. */
  type: z.optional(z.string().check(z.regex(patternGrammar, 'is no pattern such as "stripe.invoice.*"'))),
  endpoint: z.optional(id),
  status: z.optional(z.enum(['done', 'dead'])),
  /** How the reason of dead ones begins. */
  reason: z.optional(name),
}

const between = (most: number) => z.int().check(z.gte(1), z.lte(most))

export const replayRequest = z.strictObject({
  tenant: id,
  since: moment,
  /** Default: now. */
  until: z.optional(moment),
  filter: z.optional(z.strictObject(filter)),
  /** Default: `same-key`. */
  mode: z.optional(z.enum(modes)),
  /** Events a second. */
  rate: z.optional(between(replaying.mostRate)),
  /** Most events that are queued. */
  limit: z.optional(between(replaying.mostEvents)),
  /** Counts what there is, and changes nothing. */
  dryRun: z.optional(z.boolean()),
})

const tally = z.record(z.string(), count)
const window = {
  tenant: z.string(),
  since: instant,
  until: instant,
  filter: z.strictObject(filter),
  mode: z.enum(modes),
  rate: z.int(),
  limit: z.int(),
}

export const replayPlan = z.strictObject({
  status: z.literal('planned'),
  ...window,
  /** What the filter admits, and of these what would be queued. */
  events: count,
  queued: count,
  byProvider: tally,
  byType: tally,
  byStatus: tally,
  first: orNull(instant),
  last: orNull(instant),
  seconds: count,
  /** Null where everything was counted; else there is more from then on. */
  countedTo: orNull(instant),
})

export const replayItem = z.strictObject({
  id: z.string().check(z.regex(/^rp_[A-Za-z0-9_-]{32}$/)),
  status: z.enum(states),
  cause: orNull(z.string()),
  ...window,
  /** Null where there were too many to be counted. */
  planned: orNull(count),
  counts: z.strictObject({
    queued: count,
    skipped: count,
    underway: count,
    expired: count,
    unreadable: count,
  }),
  /** 0 to 1. */
  share: z.number(),
  /** All before it has been read. */
  reached: instant,
  failures: z.int(),
  failure: orNull(z.string()),
  createdAt: instant,
  finishedAt: orNull(instant),
  nextAt: orNull(instant),
})

export const replayAnswer = z.union([replayPlan, replayItem])

export type ReplayRequest = z.infer<typeof replayRequest>
export type ReplayItem = z.infer<typeof replayItem>
export type ReplayPlanItem = z.infer<typeof replayPlan>
