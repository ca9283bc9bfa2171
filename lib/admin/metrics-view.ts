import { iso, minutes, type EpochMs, type Millis } from '../primitives/clock.ts'
import type { MetricPoint, ProviderSeries } from '../telemetry/metric-reader.ts'
import type { QuestionId, SteppedId } from './metric-questions.ts'
import { healthOf, type RecentFacts } from './provider-health.ts'
import type { ProviderMetricsItem } from './schemas-metrics.ts'

/** Which part of a window is looked at. */
export interface Times {
  readonly stepMs: Millis
  readonly windowMs: Millis
  readonly now: EpochMs
}

const pointIds = [
  'received',
  'spilled',
  'rejected',
  'done',
  'retried',
  'dead',
  'calls',
  'failed',
  'throttled',
  'missed',
  'callP95',
  'eventP95',
  'lag',
] as const satisfies readonly SteppedId[]
type PointId = (typeof pointIds)[number]

type PointsOf = (id: QuestionId) => readonly MetricPoint[]

/** One provider's part of the answer. */
export function itemOf(
  provider: string,
  lines: readonly ProviderSeries[],
  times: Times,
): ProviderMetricsItem {
  const byId = new Map(lines.map(({ id, points }) => [id, points]))
  const of: PointsOf = (id) => byId.get(id) ?? []
  const sum = (id: SteppedId): number => total(of(id))
  const received = sum('received') + sum('spilled')
  const [made, failed, lag] = [sum('calls'), sum('failed'), of('lag').at(-1)]
  return {
    provider,
    health: healthOf(recentFacts(of, times)),
    breaker: breakerOf(of),
    webhooks: {
      received,
      perSecond: received / (times.windowMs / 1_000),
      rejected: sum('rejected'),
      unavailable: sum('unavailable'),
      missed: sum('missed'),
    },
    events: {
      done: sum('done'),
      retried: sum('retried'),
      dead: sum('dead'),
      ...percentiles(of, 'eventAllP50', 'eventAllP95', 'eventAllP99'),
    },
    calls: {
      made,
      failed,
      throttled: sum('throttled'),
      errorRate: made > 0 ? failed / made : null,
      ...percentiles(of, 'callAllP50', 'callAllP95', 'callAllP99'),
    },
    freshness: { lagMs: lag?.value ?? null, at: lag ? iso(lag.at) : null },
    points: pointsOf(of),
  }
}

/** What is older says nothing of how a provider is now. */
const recentMs = minutes(15)

const total = (points: readonly MetricPoint[]): number => points.reduce((all, { value }) => all + value, 0)

/** The window may lie across two of CloudWatch's own periods: then the higher one is told. */
const highest = (points: readonly MetricPoint[]): number | null =>
  points.length === 0 ? null : Math.max(...points.map(({ value }) => value))

const percentiles = (of: PointsOf, p50: QuestionId, p95: QuestionId, p99: QuestionId) => ({
  p50Ms: highest(of(p50)),
  p95Ms: highest(of(p95)),
  p99Ms: highest(of(p99)),
})

/** The last change decides; within one step an opening, because a closing needs one before it and is told later. */
function breakerOf(of: PointsOf): ProviderMetricsItem['breaker'] {
  const last = (id: SteppedId): number => of(id).findLast(({ value }) => value > 0)?.at ?? 0
  const [opened, closed, made] = [last('opened'), last('closed'), last('calls')]
  if (opened > closed) return 'open'
  if (opened === 0 && closed === 0 && last('blocked') > made) return 'open'
  return made > 0 || closed > 0 ? 'closed' : 'unknown'
}

function recentFacts(of: PointsOf, { stepMs, now }: Times): RecentFacts {
  const from = now - Math.max(recentMs, stepMs)
  const recent = (id: SteppedId): readonly MetricPoint[] => of(id).filter(({ at }) => at + stepMs > from)
  const sum = (id: SteppedId): number => total(recent(id))
  return {
    calls: sum('calls'),
    failed: sum('failed'),
    throttled: sum('throttled'),
    blocked: sum('blocked'),
    isBreakerOpen: breakerOf(of) === 'open' && sum('blocked') + sum('opened') > 0,
    received: sum('received') + sum('spilled'),
    unavailable: sum('unavailable'),
    missed: sum('missed'),
    lagMs: highest(recent('lag')) ?? undefined,
  }
}

/** One entry for each step in which anything was noted. */
function pointsOf(of: PointsOf): ProviderMetricsItem['points'] {
  const known = new Map(pointIds.map((id) => [id, new Map(of(id).map(({ at, value }) => [at, value]))]))
  const times = new Set([...known.values()].flatMap((points) => [...points.keys()]))
  return [...times]
    .toSorted((a, b) => a - b)
    .map((time) => {
      const sum = (id: PointId): number => known.get(id)?.get(time) ?? 0
      const length = (id: PointId): number | null => known.get(id)?.get(time) ?? null
      return {
        at: iso(time),
        received: sum('received') + sum('spilled'),
        rejected: sum('rejected'),
        done: sum('done'),
        retried: sum('retried'),
        dead: sum('dead'),
        calls: sum('calls'),
        failed: sum('failed'),
        throttled: sum('throttled'),
        missed: sum('missed'),
        callP95Ms: length('callP95'),
        eventP95Ms: length('eventP95'),
        lagMs: length('lag'),
      }
    })
}
