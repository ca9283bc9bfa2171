/** What was noted of a provider in the last quarter of an hour. */
export interface RecentFacts {
  readonly calls: number
  readonly failed: number
  readonly throttled: number
  /** Calls that an open breaker held back. */
  readonly blocked: number
  readonly isBreakerOpen: boolean
  /** Webhooks that were accepted, and that got a 503. */
  readonly received: number
  readonly unavailable: number
  readonly missed: number
  /** The oldest that what is known of its streams was, milliseconds; `undefined` where no poll has run. */
  readonly lagMs: number | undefined
}

export interface ProviderHealth {
  readonly state: 'healthy' | 'degraded' | 'down' | 'unknown'
  /** What says so, as sentences without a full stop. */
  readonly evidence: readonly string[]
}

const fewCalls = 5
const enoughCalls = 20
const oldMs = 3_600_000

/** What is not known is not healthy: of who was neither called, nor read, nor heard of lately, nobody knows. */
export function healthOf(facts: RecentFacts): ProviderHealth {
  const { calls, received, lagMs, blocked } = facts
  const down = signsOfOutage(facts)
  if (down.length > 0) return { state: 'down', evidence: down }
  if (calls === 0 && received === 0 && lagMs === undefined && blocked === 0)
    return { state: 'unknown', evidence: ['nothing was called, read or received in the last 15 minutes'] }
  const degraded = signsOfTrouble(facts)
  if (degraded.length > 0) return { state: 'degraded', evidence: degraded }
  const good = [
    calls > 0 && `${calls} calls, ${share(facts.failed, calls)} failed`,
    received > 0 && `webhooks received: ${received}`,
    lagMs !== undefined && `what is known is at most ${minutesOf(lagMs)} old`,
  ]
  return { state: 'healthy', evidence: good.filter((each) => typeof each === 'string') }
}

function signsOfOutage({ calls, failed, blocked, isBreakerOpen }: RecentFacts): string[] {
  const signs = [
    isBreakerOpen && `its breaker is open; calls that it held back: ${blocked}`,
    calls >= fewCalls && failed * 2 >= calls && `${share(failed, calls)} of ${calls} calls failed`,
  ]
  return signs.filter((each) => typeof each === 'string')
}

function signsOfTrouble(facts: RecentFacts): string[] {
  const { calls, failed, throttled, unavailable, missed, lagMs = 0 } = facts
  const isOften = (count: number, most: number) => count > 0 && (calls < enoughCalls || count / calls > most)
  const signs = [
    isOften(failed, 0.01) && `${share(failed, calls)} of ${calls} calls failed`,
    isOften(throttled, 0.05) && `${share(throttled, calls)} of ${calls} calls were too many for it`,
    unavailable > 0 && `webhooks that got a 503: ${unavailable}`,
    missed > 0 && `changes that no webhook brought: ${missed}`,
    lagMs > oldMs && `what is known is ${minutesOf(lagMs)} old`,
  ]
  return signs.filter((each) => typeof each === 'string')
}

const share = (part: number, whole: number): string => `${Math.round((1_000 * part) / whole) / 10}%`
const minutesOf = (lengthMs: number): string => `${Math.ceil(lengthMs / 60_000)} min`
