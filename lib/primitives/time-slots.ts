/**
 * A rate limit as slots on one line of time, {@link Pace.stepMs} apart. Every slot is given out once and used within
 * {@link Pace.validMs} of its instant, so a window of length W holds at most ceil((W + valid) / step) uses, whoever uses
 * them and however late an answer was. The next free slot is GCRA's theoretical arrival time.
 */

/** One window of a limit: `limit` calls per `windowMs`. */
export interface SlotWindow {
  readonly limit: number
  readonly windowMs: number
  /**
   * Calls that the other side allows at once on top of the even pace: then any window W holds at most
   * limit x W / windowMs + burst. Without it, no stretch of `windowMs`, wherever it begins, holds more than `limit`.
   */
  readonly burst?: number
}

export interface Pace {
  /** From one slot to the next. */
  readonly stepMs: number
  /** How long after its instant a slot may still be used. */
  readonly validMs: number
}

/** What is known of the true time: it lies between the two, epoch milliseconds. */
export interface Span {
  readonly earliest: number
  readonly latest: number
}

/** The right to one call while the true time is between the two, epoch milliseconds. */
export interface Slot {
  readonly from: number
  readonly to: number
}

export interface SlotAsk {
  readonly tokens: number
  /** The first slot may begin this long after now, at most. */
  readonly startMs: number
  /** And every further one this long. */
  readonly reachMs: number
}

export interface SlotLease {
  readonly tokens: readonly Slot[]
  /** The next free slot of each window after this lease. */
  readonly next: readonly number[]
  /** Without tokens: how long until the first slot comes into reach, milliseconds. */
  readonly waitMs: number
}

const hour = 3_600_000
/** Below this, clocks and networks are too rough for a slot to be met. */
const shortest = 250
/** Steps are whole multiples of 2^-10 ms, so that sums of instants are exact. */
const grain = 1_024

/**
 * Without a burst, what a slot's validity adds to a window is taken off the pace: 4 % of it, of an hour and more a sixth,
 * since a quota of a day may be used in a rush.
 * @throws RangeError naming the value that is no positive whole number.
 */
export function paceOf({ limit, windowMs, burst }: SlotWindow): Pace {
  assertCount('limit', limit)
  assertCount('windowMs', windowMs)
  if (burst === undefined) {
    const share = windowMs >= hour ? windowMs / 5 : windowMs / 25
    const validMs = Math.max(share, Math.min(windowMs, shortest))
    return { stepMs: rounded((windowMs + validMs) / limit), validMs }
  }
  assertCount('burst', burst)
  const step = windowMs / limit
  const validMs = (burst - 1) * step
  return validMs >= shortest
    ? { stepMs: rounded(step), validMs }
    : { stepMs: rounded(step + shortest), validMs: shortest }
}

const rounded = (step: number): number => Math.ceil(step * grain) / grain

export function assertCount(name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} must be a positive whole number, not ${value}`)
}

/**
 * Takes slots from the front of every window's line. A token stands on one slot of each window and is good where all of
 * them are. Who does not know the time well pays for it: a run of slots long enough to hold the true time counts as one.
 */
export function leaseSlots(
  paces: readonly Pace[],
  next: readonly number[],
  now: Span,
  ask: SlotAsk,
): SlotLease {
  const blur = Math.max(0, now.latest - now.earliest)
  const tokens: Slot[] = []
  let free = next
  for (;;) {
    const begins = Math.max(now.earliest, ...free)
    const waitMs = begins - now.earliest - (tokens.length === 0 ? ask.startMs : ask.reachMs)
    if (tokens.length >= ask.tokens || waitMs > 0) return { tokens, next: free, waitMs: Math.max(0, waitMs) }
    const runs = paces.map((pace, i) => runOf(pace, free[i] ?? -Infinity, begins, blur))
    tokens.push({
      from: Math.max(...runs.map(({ from }) => from)),
      to: Math.min(...runs.map(({ to }) => to)),
    })
    free = runs.map((run) => run.next)
  }
}

/** The oldest free slots that are still good when the token is used: at `begins`, known to within `blur`. */
function runOf({ stepMs, validMs }: Pace, free: number, begins: number, blur: number) {
  const margin = Math.min(validMs / 2, shortest)
  const more = Math.max(0, Math.ceil((blur + margin - validMs) / stepMs))
  const length = more * stepMs + validMs
  const oldest = Math.floor((begins + blur + margin - length) * grain) / grain
  const from = Math.max(free, oldest)
  return { from, to: from + length, next: from + (more + 1) * stepMs }
}

/** The most tokens that can be good at the same instant. */
export const mostAtOnce = (paces: readonly Pace[]): number =>
  Math.min(...paces.map(({ stepMs, validMs }) => Math.floor(validMs / stepMs) + 1))
