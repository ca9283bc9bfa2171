import * as z from 'zod/mini'

/** What goes in and out of the API. The OpenAPI document is made of these, and the answers are tested against them. */

export const instant = z.iso.datetime()
export const orNull = <T extends z.ZodMiniType>(schema: T) => z.union([schema, z.null()])
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

const connectionId = z.string().check(z.regex(/^conn_[A-Za-z0-9_-]{32}$/))
const connectionStates = ['pending', 'active', 'needs_reauth', 'deleted'] as const

export const connectionItem = z.strictObject({
  id: connectionId,
  tenant: z.string(),
  provider: z.string(),
  account: z.string(),
  /** What it stands on: tokens that its user granted, or a key that was handed over. */
  kind: z.enum(['oauth', 'key']),
  /** The last four characters of a key, where it has sixteen or more. */
  fingerprint: orNull(z.string().check(z.maxLength(4))),
  status: z.enum(connectionStates),
  cause: orNull(z.string()),
  scopes: z.array(z.string()),
  connectedAt: instant,
  obtainedAt: instant,
  expiresAt: orNull(instant),
  refreshAt: orNull(instant),
  refreshExpiresAt: orNull(instant),
  hardExpiresAt: orNull(instant),
  failures: z.int(),
})

export const tenantKeys = z.strictObject({
  tenant: z.string(),
  keys: z.int(),
  /** Asked for, and not done yet. */
  task: orNull(z.enum(['rewrap', 'shred'])),
  rewrappedAt: orNull(instant),
})
export const keysTask = z.strictObject({ tenant: z.string(), status: z.literal('scheduled') })
export const connectLinkName = z.string().check(z.regex(/^link_[A-Za-z0-9_-]{43}$/))
const attemptStatuses = [
  'open',
  'expired',
  'started',
  'abandoned',
  'finishing',
  'connected',
  'denied',
  'failed',
  'pending_lost',
] as const

/** `id` names the link to the API and opens nothing; `url` is what opens it. */
export const connectLink = z.strictObject({ id: connectLinkName, url: z.string(), expiresAt: instant })
export const connectLinkItem = z.strictObject({
  id: connectLinkName,
  tenant: z.string(),
  provider: z.string(),
  status: z.enum(attemptStatuses),
  connection: orNull(connectionId),
  reason: orNull(z.string()),
  expiresAt: instant,
})
export const connectionChanged = z.strictObject({ id: connectionId, status: z.string() })

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
export const moment = z.iso.datetime({
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

export const connectionsQuery = z.strictObject({ tenant: z.optional(name), ...page })
export const ofTenant = z.strictObject({ tenant: name })

export const noFields = z.strictObject({})
/** As tenants and providers are named. */
export const id = z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/))
const scope = z.string().check(z.regex(/^[\u0021-\u007e]{1,256}$/))
export const connectLinkRequest = z.strictObject({
  provider: id,
  tenant: id,
  /** Default: the provider's usual ones. */
  scopes: z.optional(z.array(scope).check(z.maxLength(64))),
  /** One of the addresses that the config allows. */
  returnTo: z.optional(z.string().check(z.maxLength(2_048))),
  /** The link may reach others than who asked for it: the connection then waits for `activate`. */
  shared: z.optional(z.boolean()),
  /** Only this account at the provider will do. */
  account: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
})
const extra = z
  .string()
  .check(z.regex(/^[\u0020-\u007e]{1,1024}$/, 'must be printable ASCII, at most 1024 characters'))
export const connectionRequest = z.strictObject({
  tenant: id,
  provider: id,
  /** The account at the provider that the key is of. Default: `default`. */
  account: z.optional(
    z.string().check(z.regex(/^[\u0021-\u007e]{1,256}$/, 'must be printable ASCII without blanks')),
  ),
  /** By the names that the provider takes: `{"key": "…"}`. Never given out again. */
  credentials: z.record(z.string(), z.string()),
  /** Other values that calls need. They are kept like the key. */
  extras: z.optional(
    z
      .record(z.string().check(z.regex(/^[A-Za-z][\w-]{0,63}$/, 'is no name')), extra)
      .check(z.refine((given) => Object.keys(given).length <= 16, 'must be at most 16 values')),
  ),
})
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
export type TenantKeys = z.infer<typeof tenantKeys>
export type ConnectionItem = z.infer<typeof connectionItem>
export type ConnectLinkItem = z.infer<typeof connectLinkItem>
export type ConnectLinkRequest = z.infer<typeof connectLinkRequest>
