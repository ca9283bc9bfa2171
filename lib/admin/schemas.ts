import * as z from 'zod/mini'

/** What goes in and out of the API. The OpenAPI document is made of these, and the answers are tested against them. */

const instant = z.iso.datetime()
const orNull = <T extends z.ZodMiniType>(schema: T) => z.union([schema, z.null()])
const eventId = z.string().check(z.regex(/^evt_[A-Za-z0-9_-]{32}$/))
const name = z.string().check(z.minLength(1), z.maxLength(256))

export const statuses = ['received', 'claimed', 'retry', 'parked', 'done', 'dead'] as const

export const eventItem = z.strictObject({
  id: eventId,
  tenant: z.string(),
  provider: z.string(),
  type: z.string(),
  status: z.enum(statuses),
  attempts: z.int(),
  via: z.enum(['webhook', 'poll', 'bus', 'replay']),
  deliveryKey: z.string(),
  receivedAt: instant,
  completedAt: orNull(instant),
  reason: orNull(z.string()),
})

const payload = z.strictObject({
  state: z.enum(['shown', 'not_kept', 'expired', 'opaque', 'unreadable']),
  contentType: orNull(z.string()),
  bytes: orNull(z.int()),
  sha256: orNull(z.string()),
  data: z.unknown(),
  truncated: z.boolean(),
})

export const eventDetail = z.extend(eventItem, {
  endpoint: z.string(),
  flag: orNull(z.enum(['conflict', 'replayed-delivery'])),
  replayOf: orNull(z.string()),
  unsignedId: orNull(z.string()),
  /** Handlers and destinations that have succeeded; empty once all have. */
  steps: z.array(z.string()),
  leaseUntil: orNull(instant),
  expiresAt: instant,
  timeline: z.array(z.strictObject({ at: instant, what: z.string() })),
  payload,
})

export const deadLetter = z.extend(eventItem, { deadAt: instant })

export const providerItem = z.strictObject({
  id: z.string(),
  displayName: z.string(),
  checkedOn: z.string(),
  docs: z.array(z.string()),
  endpoints: z.array(z.strictObject({ id: z.string(), tenant: z.string(), path: z.string() })),
})

export const queued = z.strictObject({ id: eventId, status: z.literal('queued'), replayOf: eventId })

export const redriven = z.strictObject({
  items: z.array(
    z.strictObject({
      id: z.string(),
      result: z.enum(['queued', 'not_found', 'not_dead', 'not_finished', 'expired', 'failed']),
    }),
  ),
  cursor: orNull(z.string()),
})

export const loginLink = z.strictObject({ url: z.string(), expiresAt: instant })

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.optional(z.array(z.strictObject({ pointer: z.string(), detail: z.string() }))),
})

export const listOf = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({ items: z.array(item), cursor: orNull(z.string()) })

/** Text, because it comes in a query. */
export const limit = z.string().check(z.regex(/^(?:[1-9]\d?|100)$/, 'must be a whole number from 1 to 100'))
const moment = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time such as 2026-11-21T08:00:00Z',
})
const cursor = z.string().check(z.maxLength(4_096))
const page = { cursor: z.optional(cursor), limit: z.optional(limit) }
const narrowed = { tenant: z.optional(name), provider: z.optional(name), type: z.optional(name) }

export const noQuery = z.strictObject({})
export const eventsQuery = z.strictObject({
  ...narrowed,
  status: z.optional(z.enum(statuses, { error: `must be one of ${statuses.join(', ')}` })),
  since: z.optional(moment),
  until: z.optional(moment),
  ...page,
})
export const deadLettersQuery = z.strictObject({ ...narrowed, reason: z.optional(name), ...page })

export const noFields = z.strictObject({})
export const redriveRequest = z.union([
  z.strictObject({ ids: z.array(eventId).check(z.minLength(1), z.maxLength(100)) }),
  z.strictObject({ reason: name, cursor: z.optional(cursor) }),
])

export type EventItem = z.infer<typeof eventItem>
export type EventDetail = z.infer<typeof eventDetail>
export type DeadLetter = z.infer<typeof deadLetter>
export type EventsQuery = z.infer<typeof eventsQuery>
export type DeadLettersQuery = z.infer<typeof deadLettersQuery>
export type RedriveRequest = z.infer<typeof redriveRequest>
export type Redriven = z.infer<typeof redriven>
export type ProviderItem = z.infer<typeof providerItem>
