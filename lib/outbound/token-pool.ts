import { ms, type Millis } from '../primitives/clock.ts'
import type { Slot, Span } from '../primitives/time-slots.ts'

/** Leased tokens of one scope in one worker. Each ends by itself; those of a higher class are not for a lower one. */
export interface TokenPool {
  add(tokens: readonly Slot[], rank: number): void
  /** Uses `cost` tokens that are good now; else how long until some are, `undefined` when none will be. */
  take(cost: number, rank: number, now: Span): 'taken' | Millis | undefined
  /** Tokens that ran out unused since this was last asked. */
  wasted(now: Span): number
  clear(): void
}

interface PoolToken extends Slot {
  readonly rank: number
}

export function tokenPool(): TokenPool {
  let tokens: PoolToken[] = []
  let lost = 0
  const drop = (now: Span): void => {
    const good = tokens.filter(({ to }) => to >= now.latest)
    lost += tokens.length - good.length
    tokens = good
  }
  return {
    add(more, rank) {
      tokens = [...tokens, ...more.map(({ from, to }) => ({ from, to, rank }))].toSorted(
        (a, b) => a.to - b.to,
      )
    },
    take(cost, rank, now) {
      drop(now)
      const allowed = tokens.filter((token) => token.rank >= rank)
      for (let i = 0; i + cost <= allowed.length; i += 1) {
        const group = allowed.slice(i, i + cost)
        const from = Math.max(...group.map((token) => token.from))
        if (from <= now.earliest) {
          tokens = tokens.filter((token) => !group.includes(token))
          return 'taken'
        }
        if ((group[0]?.to ?? 0) >= from + now.latest - now.earliest) return ms(Math.ceil(from - now.earliest))
      }
      return undefined
    },
    wasted(now) {
      drop(now)
      const count = lost
      lost = 0
      return count
    },
    clear: () => void (tokens = []),
  }
}
