import { statusText, timeText } from './event-view.ts'
import { json, plain, table, type Paint } from './text.ts'

const times = new Set(['receivedAt', 'completedAt', 'occurredAt', 'leaseUntil', 'deadAt'])

/** Everything that the API says of one event: plain values as a table, what has parts below it as JSON. */
export function detailText(event: Readonly<Record<string, unknown>>, paint: Paint): string {
  const entries = Object.entries(event).filter(([, value]) => value !== undefined && value !== null)
  const flat = entries.filter(([, value]) => typeof value !== 'object')
  const deep = entries.filter(([, value]) => typeof value === 'object')
  const rows = flat.map(([name, value]) => [paint('dim', plain(name)), valueText(name, value, paint)])
  const blocks = deep.map(([name, value]) => `\n${paint('bold', plain(name))}\n${json(value, 2)}\n`)
  return table(rows) + blocks.join('')
}

function valueText(name: string, value: unknown, paint: Paint): string {
  if (name === 'status') return statusText(String(value), paint)
  if (times.has(name) && (typeof value === 'string' || typeof value === 'number')) return timeText(value)
  return plain(String(value))
}
