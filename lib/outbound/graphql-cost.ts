import { elapsed, epochMs, ms, type EpochMs, type Millis } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'

/** What an answer says it cost, in the provider's points, and what is left. Each only where the provider says it. */
export interface GraphqlCost {
  /** Reckoned before it ran: what must be there for it to run. */
  readonly requested?: number
  readonly actual?: number
  readonly available?: number
  /** As much as there can ever be. */
  readonly maximum?: number
  readonly restoredPerSecond?: number
  /** When everything is there again. */
  readonly resetAt?: EpochMs
}

/**
 * Reads Shopify's `extensions.cost` and GitHub's `rateLimit` field, where the query asks for that.
 * @see https://shopify.dev/docs/api/usage/limits
 * @see https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
export function costOf(document: unknown): GraphqlCost | undefined {
  const at = (pointer: string): number | undefined => points(readPointer(document, pointer))
  const bucket = '/extensions/cost/throttleStatus'
  const resetAt = instant(readPointer(document, '/data/rateLimit/resetAt'))
  const cost = {
    requested: at('/extensions/cost/requestedQueryCost'),
    actual: at('/extensions/cost/actualQueryCost') ?? at('/data/rateLimit/cost'),
    available: at(`${bucket}/currentlyAvailable`) ?? at('/data/rateLimit/remaining'),
    maximum: at(`${bucket}/maximumAvailable`) ?? at('/data/rateLimit/limit'),
    restoredPerSecond: at(`${bucket}/restoreRate`),
    resetAt,
  }
  const said = Object.entries(cost).filter(([, value]) => value !== undefined)
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

const points = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 1e9 ? value : undefined

function instant(value: unknown): EpochMs | undefined {
  const at = typeof value === 'string' && value.length < 40 ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : epochMs(at)
}

/** More than there can ever be: to wait is of no use. */
export const isBeyondReach = ({ requested, maximum }: GraphqlCost = {}): boolean =>
  requested !== undefined && maximum !== undefined && requested > maximum

/** How long until as much is there as the operation needs; `undefined` where the answer does not say. */
export function restoreWait(cost: GraphqlCost | undefined, now: EpochMs): Millis | undefined {
  const { requested = 1, available, restoredPerSecond, resetAt } = cost ?? {}
  if (available === undefined) return undefined
  if (restoredPerSecond !== undefined && restoredPerSecond > 0)
    return clamped(((requested - available) / restoredPerSecond) * 1_000)
  return available < requested && resetAt !== undefined ? clamped(elapsed(now, resetAt)) : undefined
}

const clamped = (wait: number): Millis => ms(Math.min(2_147_483_647, Math.max(0, Math.ceil(wait))))
