import type { ListedRecord } from '../idempotency/history.ts'
import { freshnessOf, type FreshnessState } from '../polling/freshness.ts'
import type { Missed } from '../polling/missed-ledger.ts'
import type { Poll } from '../polling/poll-state.ts'
import type { MetricPoint } from '../telemetry/metric-reader.ts'
import { elapsed, iso, ms, type EpochMs, type Millis } from '../primitives/clock.ts'

/** How one provider does, over equal spans of time, the oldest first. What is `null` was not measured. */
export interface ProviderHealth {
  readonly provider: string
  readonly events: readonly number[]
  /** Those of {@link events} that are dead or wait for another attempt. */
  readonly failing: readonly number[]
  /** From being received to being done, of ninety-five in a hundred, milliseconds. */
  readonly p95Ms: number | null
  readonly p95sMs: readonly (number | null)[]
  /** Calls that the provider answered with 429. */
  readonly throttled: readonly number[] | null
  /** The worst of its streams, how many there are, and the longest lag; `null` where nothing is polled. */
  readonly freshness: {
    readonly state: FreshnessState
    readonly streams: number
    readonly lagMs: number
  } | null
  readonly breaker: 'closed' | 'open' | 'half_open' | null
  /** Changes that polls found and no webhook brought. */
  readonly missed: number
}

export interface Overview {
  readonly since: string
  readonly until: string
  /** Of one span. */
  readonly spanMs: Millis
  /** There were more events than were read: the window is shorter than was asked for. */
  readonly isCut: boolean
  readonly providers: readonly ProviderHealth[]
  readonly events: number
  readonly failing: number
  readonly dead: number
  readonly p95Ms: number | null
  readonly missed: number
}

export interface OverviewFacts {
  readonly records: readonly ListedRecord[]
  readonly polls: readonly Poll[]
  readonly missed: readonly Missed[]
  /** Providers that are shown although nothing came from them. */
  readonly known: readonly string[]
  /** What the Ledger does not tell: of metrics and breakers, by provider. */
  readonly throttled?: ReadonlyMap<string, readonly MetricPoint[]> | undefined
  readonly breakers?: ReadonlyMap<string, ProviderHealth['breaker']> | undefined
}

export interface OverviewWindow {
  readonly since: EpochMs
  readonly until: EpochMs
  readonly isCut: boolean
}

/** Spans of a chart. */
const spans = 24

/** What the facts of a window come to, provider by provider; those that fail most stand first. */
export function overviewOf(facts: OverviewFacts, window: OverviewWindow): Overview {
  const { records, polls, missed, known } = facts
  const named = [...records, ...polls, ...missed].map(({ provider }) => provider)
  const ids = new Set([...known, ...named, ...troubled(facts)])
  const providers = [...ids].map((id) => healthOf(id, facts, window))
  return {
    since: iso(window.since),
    until: iso(window.until),
    spanMs: spanOf(window),
    isCut: window.isCut,
    providers: providers.toSorted(byNeed),
    events: records.length,
    failing: records.filter(isFailing).length,
    dead: records.filter(({ st }) => st === 'dead').length,
    p95Ms: p95(records),
    missed: countOf(missed),
  }
}

/** Providers that are called, and not well: nothing need come from them. */
const troubled = ({ throttled, breakers }: OverviewFacts): readonly string[] => [
  ...[...(throttled ?? [])].filter(([, points]) => points.some(({ value }) => value > 0)).map(([id]) => id),
  ...[...(breakers ?? [])].filter(([, state]) => state !== 'closed').map(([id]) => id),
]

const spanOf = ({ since, until }: OverviewWindow): Millis => ms(Math.max(1, elapsed(since, until) / spans))
const countOf = (missed: readonly Missed[]): number => missed.reduce((sum, { count }) => sum + count, 0)
export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

const isFailing = ({ st }: ListedRecord): boolean => st === 'dead' || st === 'retry'

function healthOf(provider: string, facts: OverviewFacts, window: OverviewWindow): ProviderHealth {
  const own = facts.records.filter((record) => record.provider === provider)
  const buckets = Array.from({ length: spans }, (): ListedRecord[] => [])
  for (const record of own) buckets[spanAt(record.receivedAt, window)]?.push(record)
  return {
    provider,
    events: buckets.map(({ length }) => length),
    failing: buckets.map((bucket) => bucket.filter(isFailing).length),
    p95Ms: p95(own),
    p95sMs: buckets.map(p95),
    throttled: facts.throttled ? perSpan(facts.throttled.get(provider) ?? [], window) : null,
    freshness: freshnessIn(
      facts.polls.filter((poll) => poll.provider === provider),
      window.until,
    ),
    breaker: facts.breakers?.get(provider) ?? null,
    missed: countOf(facts.missed.filter((each) => each.provider === provider)),
  }
}

const spanAt = (at: EpochMs, window: OverviewWindow): number =>
  Math.min(spans - 1, Math.max(0, Math.floor(elapsed(window.since, at) / spanOf(window))))

/** Metrics have steps of their own: each point counts where it begins, and what was before the window not at all. */
function perSpan(points: readonly MetricPoint[], window: OverviewWindow): readonly number[] {
  const sums = Array.from({ length: spans }, () => 0)
  for (const { at, value } of points)
    if (at >= window.since) sums[spanAt(at, window)] = (sums[spanAt(at, window)] ?? 0) + value
  return sums
}

/** The nearest rank. */
function p95(records: readonly ListedRecord[]): number | null {
  const took = records
    .flatMap(({ st, receivedAt, completedAt }) =>
      st === 'done' && completedAt !== undefined ? [Math.max(0, completedAt - receivedAt)] : [],
    )
    .toSorted((a, b) => a - b)
  return took[Math.ceil(took.length * 0.95) - 1] ?? null
}

const worst: readonly FreshnessState[] = ['still', 'late', 'paused', 'fresh']

function freshnessIn(polls: readonly Poll[], now: EpochMs): ProviderHealth['freshness'] {
  if (polls.length === 0) return null
  const each = polls.map((poll) => freshnessOf(poll, now))
  const state = worst.find((one) => each.some((found) => found.state === one)) ?? 'fresh'
  return { state, streams: polls.length, lagMs: Math.max(...each.map(({ lagMs }) => lagMs)) }
}

const byNeed = (a: ProviderHealth, b: ProviderHealth): number =>
  sumOf(b.failing) - sumOf(a.failing) ||
  sumOf(b.events) - sumOf(a.events) ||
  a.provider.localeCompare(b.provider)
