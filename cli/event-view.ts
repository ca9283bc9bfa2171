import type { EventStatus } from '#lib/idempotency/record.ts'
import { plain, type Paint, type Style } from './text.ts'

/** One event as the admin API lists it. */
export interface EventItem {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly type: string
  readonly status: EventStatus
  readonly attempts: number
  readonly via: string
  readonly deliveryKey: string
  readonly receivedAt: string | number
  readonly completedAt?: string | number | null
  readonly reason?: string | null
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly cursor: string | null
}

const styles: Readonly<Record<string, Style>> = {
  done: 'green',
  dead: 'red',
  retry: 'yellow',
  parked: 'yellow',
  claimed: 'cyan',
  received: 'cyan',
}

export const statusText = (status: string, paint: Paint): string =>
  paint(styles[status] ?? 'dim', plain(status))

/** `2026-11-21 02:16:41` in local time; what is no time is shown as it came. */
export function timeText(value: string | number | null | undefined): string {
  if (value === undefined || value === null) return '-'
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) return plain(String(value))
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}

export const eventColumns = ['received', 'id', 'status', 'tries', 'event', 'reason']

/** One line of the list: everything that came from outside is made plain. */
export const eventRow = (event: EventItem, paint: Paint): string[] => [
  paint('dim', timeText(event.receivedAt)),
  plain(event.id),
  statusText(event.status, paint),
  String(event.attempts),
  plain(
    `${event.provider}.${event.type}${event.tenant === 'default' ? '' : ` (${event.tenant})`}${event.via === 'webhook' ? '' : ` via ${event.via}`}`,
  ),
  plain(event.reason ?? ''),
]

/** `200 done, 1 dead`: how many stand where. */
export const countsText = (counts: ReadonlyMap<string, number>, paint: Paint): string =>
  [...counts].map(([status, count]) => `${count} ${statusText(status, paint)}`).join(', ') || 'none'
