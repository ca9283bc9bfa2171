import * as z from 'zod/mini'
import { connectionId, id, instant, name, orNull, page } from './schemas.ts'

/** A provider's circuit breaker, as all workers see it. */
export const breakerItem = z.strictObject({
  /** The provider. */
  id: z.string(),
  /** `probing`: open, and the next call finds out whether the provider is well again. */
  status: z.enum(['closed', 'open', 'probing']),
  openedAt: orNull(instant),
  /** When the next call may find out; null while it is closed. */
  until: orNull(instant),
  /** Calls of the last seconds, as far as workers told of them: they do so while some fail. */
  failures: z.int(),
  successes: z.int(),
  /** Changes with every opening and closing; null before the first. */
  version: orNull(z.string()),
})

export const breakerReset = z.strictObject({ version: z.optional(orNull(z.string().check(z.maxLength(64)))) })

/** One window of a limit, or several that are counted together. */
export const limitItem = z.strictObject({
  provider: z.string(),
  tenant: orNull(z.string()),
  connection: orNull(connectionId),
  /** What is counted: a path, methods; empty for every call. */
  of: z.string(),
  windows: z.array(
    z.strictObject({
      limit: z.int(),
      windowMs: z.int(),
      /** When the next call is free to go; null for now. */
      freeAt: orNull(instant),
    }),
  ),
  /** Until when the provider wants no call at all. */
  blockedUntil: orNull(instant),
})

export const limitsQuery = z.strictObject({
  tenant: z.optional(name),
  provider: z.optional(id),
  ...page,
})

export type BreakerItem = z.infer<typeof breakerItem>
export type LimitItem = z.infer<typeof limitItem>
