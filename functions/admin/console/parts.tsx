import type { EventStatus } from '#lib/idempotency/record.ts'
import { epochMs, iso, type EpochMs } from '#lib/primitives/clock.ts'

const meanings: Readonly<Record<EventStatus, string>> = {
  received: 'on the queue, no worker has taken it yet',
  claimed: 'a worker is handling it',
  retry: 'it failed and will be tried again',
  parked: 'set aside for a while, without counting an attempt',
  done: 'handled',
  dead: 'given up; it waits for a redrive',
}

/** A state in words and colour. */
export const Status = ({ status }: { readonly status: EventStatus }) => (
  <span class={`status ${status}`} title={meanings[status]}>
    {status}
  </span>
)

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** `12 s`, `3 h`: whole units of a span of milliseconds. */
export function spanOf(span: number): string {
  const seconds = Math.round(span / 1_000)
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}

/** `12 s ago`; what lies ahead is `in 12 s`. */
function relative(at: EpochMs, now: EpochMs): string {
  const span = Math.abs(now - at)
  const text = spanOf(span)
  if (Math.round(span / 1_000) === 0) return 'now'
  return at > now ? `in ${text}` : `${text} ago`
}

/** `2026-11-21 02:16:41 UTC`. */
const absolute = (at: EpochMs): string => `${iso(at).slice(0, 19).replace('T', ' ')} UTC`

interface TimeProps {
  readonly at: string
  readonly now: EpochMs
}

/** How long ago; when exactly on pointing at it. The page's script keeps it true. */
export function Ago({ at, now }: TimeProps) {
  const instant = epochMs(Date.parse(at))
  return (
    <time datetime={at} title={absolute(instant)} data-ago>
      {relative(instant, now)}
    </time>
  )
}

/** When exactly, and how long ago. */
export const When = ({ at, now }: TimeProps) => (
  <>
    <time datetime={at}>{absolute(epochMs(Date.parse(at)))}</time>{' '}
    <span class="dim">
      <Ago at={at} now={now} />
    </span>
  </>
)

export const Mono = ({ children }: { readonly children?: unknown }) => <span class="mono">{children}</span>

interface SelectProps {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  /** Values and how they read. */
  readonly options: readonly (readonly [value: string, text: string])[]
}

export const Select = ({ name, label, value = '', options }: SelectProps) => (
  <label class="field">
    <span>{label}</span>
    <select name={name}>
      {options.map(([each, text]) => (
        <option value={each} selected={each === value}>
          {text}
        </option>
      ))}
    </select>
  </label>
)
