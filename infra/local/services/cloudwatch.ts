import { operations, ServiceFault, type Json, type Target } from './aws-json.ts'
import type { MetricStore, Minute } from './metric-store.ts'

/** A query of the only kind that is asked here: every line of a metric, told apart by one dimension. */
const searchGrammar =
  /^SEARCH\('\{([\w/.-]+),([\w,]+)\} MetricName="(\w+)"((?: \w+="[\w.-]+")*)', '(Sum|Maximum|p\d{1,2})', (\d+)\)$/
const labelGrammar = /^\$\{PROP\('Dim\.(\w+)'\)\}$/

/** CloudWatch as far as metrics are read back: `GetMetricData` with `SEARCH`, over what the functions wrote into their logs. */
export function cloudwatch(store: MetricStore): Target {
  return operations('CloudWatch', {
    GetMetricData(input) {
      const queries = input['MetricDataQueries']
      if (!Array.isArray(queries) || queries.length === 0 || queries.length > 500)
        throw new ServiceFault('ValidationError', 'MetricDataQueries must have 1 to 500 members')
      const window = { from: momentOf(input, 'StartTime'), to: momentOf(input, 'EndTime') }
      return { MetricDataResults: (queries as Json[]).flatMap((query) => resultsOf(query, window, store)) }
    },
  })
}

interface Window {
  /** Epoch milliseconds; a period begins there, and not at a round time. */
  readonly from: number
  readonly to: number
}

/** AWS JSON writes times as seconds. */
function momentOf(input: Json, name: string): number {
  const seconds = input[name]
  if (typeof seconds === 'number') return Math.floor(seconds / 60) * 60_000
  throw new ServiceFault('ValidationError', `${name} must be a time`)
}

function resultsOf(query: Json, window: Window, store: MetricStore): Json[] {
  const [, namespace = '', names = '', metric = '', terms = '', statistic = '', period = '60'] =
    searchGrammar.exec(String(query['Expression'])) ?? []
  const [, label = ''] = labelGrammar.exec(String(query['Label'])) ?? []
  if (namespace === '' || label === '')
    throw new ServiceFault(
      'ValidationError',
      `the local CloudWatch takes SEARCH('{…} MetricName="…"', …) labelled by a dimension alone`,
    )
  const wanted = [...terms.matchAll(/(\w+)="([^"]+)"/g)].map(
    ([, key = '', value = '']) => [key, value] as const,
  )
  return store
    .lines({ namespace, metric, names: names.split(',') })
    .filter(({ dimensions }) => wanted.every(([key, value]) => dimensions[key] === value))
    .map((line) => {
      const points = periods(window, Number(period) * 1_000)
        .map(([from, to]) => [from / 1_000, line.between(from, to)] as const)
        .filter(([, minutes]) => minutes.length > 0)
      return {
        Id: query['Id'],
        Label: line.dimensions[label] ?? '',
        StatusCode: 'Complete',
        Timestamps: points.map(([at]) => at),
        Values: points.map(([, minutes]) => valueOf(minutes, statistic)),
      }
    })
}

function periods({ from, to }: Window, lengthMs: number): (readonly [from: number, to: number])[] {
  const count = Math.ceil((to - from) / lengthMs)
  return Array.from({ length: count }, (_, i) => [
    from + i * lengthMs,
    Math.min(to, from + (i + 1) * lengthMs),
  ])
}

/** Percentiles are exact, by the nearest rank. */
function valueOf(minutes: readonly Minute[], statistic: string): number {
  if (statistic === 'Sum') return minutes.reduce((all, { sum }) => all + sum, 0)
  const sorted = minutes.flatMap(({ values }) => values).toSorted((a, b) => a - b)
  const share = statistic === 'Maximum' ? 1 : Number(statistic.slice(1)) / 100
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
