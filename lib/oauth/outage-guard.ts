import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'

/** Tells a provider that has lost its mind from users who have taken their grants back. */
export interface OutageGuard {
  attempted(provider: string): void
  /** Counts one refusal; whether there are now too many at once to believe them. */
  isOutage(provider: string): boolean
}

const windowMs = 60_000
/** Fewer than this are believed, whatever their share. */
const least = 5
const share = 0.5

/** Within a minute and one process: five refusals and more, and half of all that was asked. */
export function outageGuard(clock: Clock): OutageGuard {
  const seen = new Map<string, { attempts: EpochMs[]; refusals: EpochMs[] }>()
  const isRecent = (at: EpochMs): boolean => elapsed(at, clock.now()) < windowMs
  const of = (provider: string) => {
    const own = seen.get(provider) ?? { attempts: [], refusals: [] }
    seen.set(provider, own)
    own.attempts = own.attempts.filter(isRecent)
    own.refusals = own.refusals.filter(isRecent)
    return own
  }
  return {
    attempted: (provider) => void of(provider).attempts.push(clock.now()),
    isOutage(provider) {
      const own = of(provider)
      own.refusals.push(clock.now())
      return own.refusals.length >= least && own.refusals.length >= own.attempts.length * share
    },
  }
}
