import * as z from 'zod/mini'
import { instant, orNull } from './schemas.ts'

/** What was noted of providers, as it goes out of the API. Lengths in milliseconds. */

const count = z.number().check(z.minimum(0))
const percentiles = { p50Ms: orNull(count), p95Ms: orNull(count), p99Ms: orNull(count) }

export const providerMetricsItem = z.strictObject({
  provider: z.string(),
  /** How it is, by the last 15 minutes: what is not known is `unknown`, never `healthy`. */
  health: z.strictObject({
    state: z.enum(['healthy', 'degraded', 'down', 'unknown']),
    evidence: z.readonly(z.array(z.string())),
  }),
  breaker: z.enum(['open', 'closed', 'unknown']),
  webhooks: z.strictObject({
    received: count,
    perSecond: count,
    rejected: count,
    unavailable: count,
    /** Changes that polls found and no webhook brought. */
    missed: count,
  }),
  /** Percentiles: from the receipt of an event to the end of its handlers. */
  events: z.strictObject({ done: count, retried: count, dead: count, ...percentiles }),
  /** Percentiles: of one attempt of a call. `throttled`: answers that were a 429, or said so. */
  calls: z.strictObject({
    made: count,
    failed: count,
    throttled: count,
    errorRate: orNull(count),
    ...percentiles,
  }),
  /** How old what is known of its streams was at the last point of the window. */
  freshness: z.strictObject({ lagMs: orNull(count), at: orNull(instant) }),
  /** The steps in which anything was noted, oldest first. */
  points: z.readonly(
    z.array(
      z.strictObject({
        at: instant,
        received: count,
        rejected: count,
        done: count,
        retried: count,
        dead: count,
        calls: count,
        failed: count,
        throttled: count,
        missed: count,
        callP95Ms: orNull(count),
        eventP95Ms: orNull(count),
        lagMs: orNull(count),
      }),
    ),
  ),
})

export const metricsAnswer = z.strictObject({
  window: z.enum(['1h', '6h', '24h']),
  stepSeconds: z.int(),
  since: instant,
  until: instant,
  items: z.readonly(z.array(providerMetricsItem)),
  cursor: z.null(),
})

export const metricsQuery = z.strictObject({
  window: z.optional(z.enum(['1h', '6h', '24h'])),
  /** Seconds. A window has at most 360 steps. */
  step: z.optional(z.enum(['60', '300', '900', '3600'])),
  provider: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/))),
})

export type ProviderMetricsItem = z.infer<typeof providerMetricsItem>
export type MetricsAnswer = z.infer<typeof metricsAnswer>
