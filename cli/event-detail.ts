import { statusText, timeText } from './event-view.ts'
import { json, plain, table, type Paint } from './text.ts'

interface Moment {
  readonly at: string
  readonly what: string
}

interface Payload {
  readonly state: string
  readonly data?: unknown
}

/** Everything that the API says of one event: plain values as a table, then its history and its payload. */
export function detailText(event: Readonly<Record<string, unknown>>, paint: Paint): string {
  const { payload, timeline, ...rest } = event
  const rows = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null && !isEmpty(value))
    .map(([name, value]) => [paint('dim', plain(name)), valueText(name, value, paint)])
  return table(rows) + historyText(timeline, paint) + payloadText(payload, paint)
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function valueText(name: string, value: unknown, paint: Paint): string {
  if (typeof value === 'object') return json(value)
  const text = `${value as string | number | boolean}`
  if (name === 'status') return statusText(text, paint)
  return /(?:At|Until)$/.test(name) ? timeText(text) : plain(text)
}

function historyText(timeline: unknown, paint: Paint): string {
  if (!Array.isArray(timeline) || timeline.length === 0) return ''
  const rows = (timeline as Moment[]).map(({ at, what }) => [paint('dim', timeText(at)), plain(what)])
  return `\n${table(rows)}`
}

function payloadText(payload: unknown, paint: Paint): string {
  if (typeof payload !== 'object' || payload === null) return ''
  const { state, data } = payload as Payload
  const head = `\n${paint('bold', 'payload')}`
  return state === 'shown' ? `${head}\n${json(data, 2)}\n` : `${head} ${plain(state)}\n`
}
