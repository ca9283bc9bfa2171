import { elapsed, epochMs, later, type EpochMs, type Millis } from '../primitives/clock.ts'
import { retryAfterMs } from '../primitives/retry-after.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { RateHeaders, ResetUnit } from '../providers/limits.ts'

/** What an answer tells of the limit it was counted against. */
export interface RateObservation {
  readonly limit?: number
  readonly remaining?: number
  /** When `remaining` is `limit` again; never past, never more than 32 days off. */
  readonly resetAt?: EpochMs
  /** Nothing may be sent before. */
  readonly blockedUntil?: EpochMs
  /** Which of the provider's limits it is, where it has several with a count each: GitHub's `core`, `search`. */
  readonly resource?: string
}

/** A window longer than a month, and a count of more than a billion, are nonsense. */
const longestWindowMs = 32 * 86_400_000
const largestCount = 1_000_000_000
/** Clocks differ: a window that ended this long ago ends now; one that ended before is not the one that was meant. */
const skewMs = 60_000

/**
 * Reads the provider's own fields, `RateLimit` (current and older drafts), `RateLimit-*` and `X-RateLimit-*`. Of several
 * windows the one that has least left is told. What is no number, negative or out of its time is not there.
 * `status` tells whether `Retry-After` means a limit; without it, it does.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers
 */
export function observe(
  api: ApiDeclaration | undefined,
  headers: Headers,
  now: EpochMs,
  status = 429,
): RateObservation {
  const windows = windowsOf(api, headers, now)
  const tightest = windows.toSorted(byShareLeft)[0] ?? {}
  const wait = heeded.has(status) ? retryAfterMs(headers.get('retry-after'), now) : undefined
  return { ...tightest, ...(wait !== undefined && { blockedUntil: later(now, wait) }) }
}

/** Elsewhere (202, 301) `Retry-After` speaks of something else than load. */
const heeded = new Set([403, 429, 500, 502, 503, 504])

function windowsOf(
  api: ApiDeclaration | undefined,
  headers: Headers,
  now: EpochMs,
): readonly RateObservation[] {
  const declared = (api?.rateHeaders ?? []).flatMap((names) => plain(names, headers, now) ?? [])
  if (declared.length > 0) return declared
  const drafted = structured(headers, now)
  if (drafted.length > 0) return drafted
  if (api?.rateHeaders) return []
  return guessed.flatMap((names) => plain(names, headers, now) ?? [])
}

/** For providers that declare nothing; without a unit it is told by the number's size. */
const guessed = ['ratelimit', 'x-ratelimit', 'x-rate-limit'].map((prefix) => ({
  limit: `${prefix}-limit`,
  remaining: `${prefix}-remaining`,
  reset: { header: `${prefix}-reset`, unit: 'by-size' as const },
}))

interface Names extends Omit<RateHeaders, 'reset'> {
  readonly reset?: { readonly header: string; readonly unit: ResetUnit | 'by-size' }
}

function plain(names: Names, headers: Headers, now: EpochMs): RateObservation | undefined {
  const limit = names.limit === undefined ? undefined : count(headers.get(names.limit))
  const remaining = count(headers.get(names.remaining))
  const reset = names.reset && number(headers.get(names.reset.header))
  const resource = names.resource === undefined ? null : headers.get(names.resource)
  const resetAt = names.reset && reset !== undefined ? instant(reset, names.reset.unit, now) : undefined
  // A window that is long over tells nothing of what is left now.
  if (reset !== undefined && resetAt === undefined) return undefined
  if (limit === undefined && remaining === undefined) return undefined
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetAt !== undefined && { resetAt }),
    ...(resource !== null && /^\w{1,64}$/.test(resource) && { resource }),
  }
}

/** `RateLimit: "default";r=50;t=30` with `RateLimit-Policy: "default";q=100;w=60`, and `limit=100, remaining=50, reset=30`. */
function structured(headers: Headers, now: EpochMs): readonly RateObservation[] {
  const field = (headers.get('ratelimit') ?? '').slice(0, 2_048)
  const policies = parameters((headers.get('ratelimit-policy') ?? '').slice(0, 2_048))
  if (/^\s*limit=/.test(field)) {
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
      number(new RegExp(`\\b${name}=(\\d+)`).exec(field)?.[1] ?? null),
    )
    return observed(limit, remaining, reset, now)
  }
  return parameters(field).flatMap(({ name, values }) => {
    const policy = policies.find((each) => each.name === name)
    return observed(policy?.values.get('q'), values.get('r'), values.get('t'), now)
  })
}

function observed(
  limit: number | undefined,
  remaining: number | undefined,
  reset: number | undefined,
  now: EpochMs,
): readonly RateObservation[] {
  if (remaining === undefined || remaining > largestCount) return []
  const resetAt = reset === undefined ? undefined : instant(reset, 's', now)
  return [
    {
      remaining,
      ...(limit !== undefined && limit <= largestCount && { limit }),
      ...(resetAt !== undefined && { resetAt }),
    },
  ]
}

/** Items of a structured list with their integer parameters; others are passed over. */
const parameters = (field: string) =>
  [...field.matchAll(/"([^"\\,]{1,64})"((?:\s*;\s*[a-z]+=[^;,\s]{1,64})+)/g)].map(
    ([, name = '', rest = '']) => ({
      name,
      values: new Map(
        [...rest.matchAll(/;\s*([a-z]+)=(\d{1,15})(?![^;,\s])/g)].map(([, key = '', digits]) => [
          key,
          Number(digits),
        ]),
      ),
    }),
  )

function instant(value: number, unit: ResetUnit | 'by-size', now: EpochMs): EpochMs | undefined {
  const at = {
    s: now + value * 1_000,
    ms: now + value,
    'epoch-s': value * 1_000,
    'epoch-ms': value,
    'by-size': value >= 1e11 ? value : value >= 1e8 ? value * 1_000 : now + value * 1_000,
  }[unit]
  if (at < now - skewMs || at > now + longestWindowMs) return undefined
  return epochMs(Math.ceil(Math.max(at, now)))
}

const number = (text: string | null): number | undefined =>
  text !== null && /^\s*\d{1,15}(?:\.\d{1,6})?\s*$/.test(text) ? Number(text) : undefined

/** `100`; and `100, 100;w=60`, whose first number is the one in force. */
function count(text: string | null): number | undefined {
  const value = number(/^[^,;]*/.exec(text ?? '')?.[0] ?? null)
  return value === undefined || value > largestCount ? undefined : Math.floor(value)
}

/** A window that is used up comes first, of two the one that lasts longer; then the smallest share left. */
function byShareLeft(a: RateObservation, b: RateObservation): number {
  return shareLeft(a) - shareLeft(b) || untilReset(b) - untilReset(a)
}

const shareLeft = ({ limit, remaining }: RateObservation): number =>
  remaining === undefined ? 1 : Math.min(1, remaining / Math.max(1, limit ?? largestCount))
const untilReset = ({ resetAt }: RateObservation): Millis => elapsed(epochMs(0), resetAt ?? epochMs(0))
