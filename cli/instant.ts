import { InvalidArgumentError } from 'commander'
import type { Clock } from '#lib/primitives/clock.ts'

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads `15m`, `24h`, `7d` (ago) or a date as RFC 3339 text; the result is an instant as RFC 3339 text. */
export const instant =
  (clock: Clock) =>
  (text: string): string => {
    const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
    const at =
      amount === undefined
        ? Date.parse(text)
        : clock.now() - Number(amount) * units[unit as keyof typeof units]
    if (Number.isFinite(at) && Math.abs(at) <= 8.64e15) return new Date(at).toISOString()
    throw new InvalidArgumentError(
      'Write how long ago (15m, 24h, 7d) or a time such as 2026-11-20T08:00:00Z.',
    )
  }
