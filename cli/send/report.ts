import type { Output } from '../output.ts'
import { counted, duration, table } from '../text.ts'
import type { Outcome } from './courier.ts'

/** A run of `sluice send` as `--json` prints it. */
export interface Report {
  readonly provider: string
  readonly endpoint: string
  readonly url: string
  readonly seed: number
  readonly sent: number
  readonly accepted: number
  readonly failed: number
  /** One per accepted webhook, in the order of sending; equal ids are deliveries of one event. */
  readonly ids: readonly string[]
  readonly failures: readonly Failures[]
  readonly durationMs: number
  /** Of the tries that were accepted; `null` when none was. */
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null
}

interface Failures {
  readonly code: string
  readonly status?: number
  readonly detail: string
  readonly count: number
}

type Facts = Pick<Report, 'provider' | 'endpoint' | 'url' | 'seed' | 'durationMs'>

export function reportOf(facts: Facts, outcomes: readonly Outcome[]): Report {
  const accepted = outcomes.filter((outcome) => outcome.kind === 'accepted')
  const latencies = accepted.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b)
  return {
    ...facts,
    sent: outcomes.length,
    accepted: accepted.length,
    failed: outcomes.length - accepted.length,
    ids: accepted.flatMap(({ id }) => id ?? []),
    failures: grouped(outcomes),
    latencyMs:
      latencies.length > 0 ? { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) } : null,
  }
}

function grouped(outcomes: readonly Outcome[]): Failures[] {
  const groups = new Map<string, Failures>()
  for (const outcome of outcomes) {
    if (outcome.kind === 'accepted') continue
    const { kind: _, ...failure } = outcome
    const count = (groups.get(failure.code)?.count ?? 0) + 1
    groups.set(failure.code, { ...failure, count })
  }
  return [...groups.values()]
}

/** Nearest rank, tenths of a millisecond. */
const percentile = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0) * 10) / 10

/** The report as a person reads it. */
export function reportText(report: Report, { paint }: Output): string {
  const { accepted, failed, ids, latencyMs, durationMs } = report
  const distinct = new Set(ids).size
  const verdict = paint(failed > 0 ? 'red' : 'green', failed > 0 ? '✗' : '✓')
  const lost = failed > 0 ? `, ${failed} failed` : ''
  const head = `${verdict} ${counted(accepted, 'webhook')} accepted${lost} in ${duration(durationMs)}\n`
  const rows = [
    ...(ids.length > 0 ? [['ids', idsText(ids, distinct)]] : []),
    ...(latencyMs ? [['latency', `p50 ${duration(latencyMs.p50)}, p95 ${duration(latencyMs.p95)}`]] : []),
    ['seed', String(report.seed)],
    ...report.failures.map(({ code, count, detail }) => [paint('red', code), `${count} x ${detail}`]),
  ]
  return head + table(rows.map(([name = '', value = '']) => [`  ${paint('dim', name)}`, value]))
}

const idsText = (ids: readonly string[], distinct: number): string =>
  ids.length === 1 ? (ids[0] ?? '') : `${ids[0]} … (${counted(distinct, 'event')} of ${ids.length})`
