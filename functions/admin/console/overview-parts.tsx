import type { ProviderHealth } from '#lib/admin/overview.ts'
import type { BreakerItem } from '#lib/admin/schemas-traffic.ts'
import { spanOf } from './parts.tsx'

/** `1,250`; one digit after the point below ten. */
export const figure = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

/** `1.2 %`; a dash of nothing. */
export const shareOf = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((part / whole) * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`

/** `840 ms`, `1.2 s`, `3 min`; a dash where nothing was measured. */
export function tookOf(tookMs: number | null): string {
  if (tookMs === null) return '–'
  if (tookMs < 1_000) return `${Math.round(tookMs)} ms`
  return tookMs < 60_000 ? `${(tookMs / 1_000).toFixed(1)} s` : spanOf(tookMs)
}

export const NotMeasured = () => <span class="dim">not measured</span>

const hues = { fresh: 'done', late: 'retry', still: 'dead', paused: 'parked' } as const

/** How fresh the streams of a provider are: the worst of them, and the longest lag. */
export const Freshness = ({ freshness }: Pick<ProviderHealth, 'freshness'>) =>
  freshness === null ? (
    <span class="dim">not polled</span>
  ) : (
    <span class={`status ${hues[freshness.state]}`} title={`${freshness.streams} streams, the worst of them`}>
      {freshness.state}, {spanOf(freshness.lagMs)}
    </span>
  )

/** A breaker's status as the API has it, in the words of pages. */
export const breakerState = (status: BreakerItem['status']): NonNullable<ProviderHealth['breaker']> =>
  status === 'probing' ? 'half_open' : status

const breakers = {
  closed: ['done', 'closed'],
  open: ['dead', 'open'],
  half_open: ['retry', 'half open'],
} as const

export const Breaker = ({ state }: { readonly state: ProviderHealth['breaker'] }) =>
  state === null ? <NotMeasured /> : <span class={`status ${breakers[state][0]}`}>{breakers[state][1]}</span>
