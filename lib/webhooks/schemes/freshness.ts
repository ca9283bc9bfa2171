import { signatureTolerance } from '../../config/defaults.ts'
import { toSeconds, type EpochMs } from '../../primitives/clock.ts'
import type { Refusal } from '../verdict.ts'

const grammar = { s: /^\d{10}$/, ms: /^\d{13}$/ } as const

/** Why the signed time is not within 300 s of `now`, in both directions; `undefined` when it is. */
export function staleness(text: string, unit: 's' | 'ms', now: EpochMs): Refusal | undefined {
  if (!grammar[unit].test(text)) return 'timestamp_malformed'
  const signedSeconds = unit === 's' ? Number(text) : Math.floor(Number(text) / 1_000)
  const ageSeconds = toSeconds(now) - signedSeconds
  const toleranceSeconds = signatureTolerance / 1_000
  if (ageSeconds > toleranceSeconds) return 'timestamp_too_old'
  if (ageSeconds < -toleranceSeconds) return 'timestamp_in_future'
  return undefined
}
