import type { Output } from './output.ts'
import { counted, plain, table } from './text.ts'

/** A replay of a window, as the API tells of it. */
export interface ReplayItem {
  readonly id: string
  readonly status: 'running' | 'paused' | 'done' | 'cancelled'
  readonly cause: string | null
  readonly tenant: string
  readonly since: string
  readonly until: string
  readonly mode: string
  readonly rate: number
  readonly planned: number | null
  readonly counts: Readonly<Record<'queued' | 'skipped' | 'underway' | 'expired' | 'unreadable', number>>
  readonly share: number
  readonly failure: string | null
}

export interface ReplayPlan {
  readonly status: 'planned'
  readonly tenant: string
  readonly since: string
  readonly until: string
  readonly mode: string
  readonly rate: number
  readonly events: number
  readonly queued: number
  readonly byProvider: Readonly<Record<string, number>>
  readonly byType: Readonly<Record<string, number>>
  readonly byStatus: Readonly<Record<string, number>>
  readonly first: string | null
  readonly last: string | null
  readonly seconds: number
  readonly countedTo: string | null
}

export function replayText({ counts, planned, share }: ReplayItem): string {
  const { queued, ...others } = counts
  const all = queued + Object.values(others).reduce((sum, count) => sum + count, 0)
  const of = planned === null ? counted(all, 'event') : `${all}/${counted(planned, 'event')}`
  const rest = Object.entries(others).filter(([, count]) => count > 0)
  const told = [['queued', queued] as const, ...rest].map(([name, count]) => `${count} ${name}`)
  return `${Math.floor(share * 100)}%, ${of}: ${told.join(', ')}`
}

const colour = (status: string) => (status === 'done' ? 'green' : status === 'paused' ? 'yellow' : 'dim')

export function replayLine(item: ReplayItem, { paint }: Output): string {
  const why = item.cause ?? item.failure
  const reason = why === null ? '' : ` (${plain(why)})`
  return `${plain(item.id)}  ${paint(colour(item.status), plain(item.status))}${reason}, ${replayText(item)}\n`
}

export function planText(plan: ReplayPlan, { paint }: Output): string {
  const more = plan.countedTo === null ? '' : `, counted up to ${plain(plan.countedTo)}: there is more`
  const tallies = [
    ['provider', plan.byProvider],
    ['type', plan.byType],
    ['status', plan.byStatus],
  ] as const
  const rows = tallies.flatMap(([name, tally]) =>
    Object.entries(tally)
      .slice(0, 10)
      .map(([each, count]) => [`  ${paint('dim', name)}`, plain(each), String(count)]),
  )
  const span = plan.first === null ? '' : `from ${plain(plan.first)} to ${plain(plan.last ?? '')}\n`
  const would = `${counted(plan.queued, 'event')} of ${plan.events} would be sent through again (${plain(plan.mode)})`
  return `${would}${more}\n${span}${table(rows)}about ${duration(plan.seconds)} at ${plan.rate} a second; nothing was changed\n`
}

const duration = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`

export function replayTable(items: readonly ReplayItem[], { paint }: Output, columns: number): string {
  if (items.length === 0) return 'No replays\n'
  const head = ['id', 'tenant', 'from', 'to', 'mode', 'state', 'progress'].map((name) => paint('bold', name))
  const rows = items.map((item) => [
    ...[item.id, item.tenant, item.since, item.until, item.mode].map(plain),
    paint(colour(item.status), plain(item.status)),
    replayText(item),
  ])
  return table([head, ...rows], columns)
}
