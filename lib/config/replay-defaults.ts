import { days, minutes, ms, seconds } from '../primitives/clock.ts'

/** Sending many events through again. */
export const replaying = {
  /** What one slice sends is spread over this long; then comes the next. */
  sliceMs: seconds(10),
  /** Records that are read, and saved as read, at once. */
  pageEvents: 100,
  /** Between two pages of one slice there must be this much time left. */
  pageFloorMs: seconds(15),
  /** One start of the function that replays; its lease outlives it by the margin. */
  leaseMarginMs: seconds(5),
  /** Events a second, where nobody says, and at most. */
  rate: 50,
  mostRate: 200,
  /** Events of one replay. */
  mostEvents: 1_000_000,
  /** Events that a plan looks at, and the time it takes at most. */
  planEvents: 10_000,
  planMs: seconds(8),
  /** The index by time is that much behind the table, at most. */
  indexLagMs: seconds(5),
  /** Failures in a row before it is paused, about two hours of them. */
  maxFailures: 12,
  retry: { baseMs: seconds(5), capMs: minutes(15) },
  /** Tries of the queue for one page. */
  sends: { attempts: 4, retry: { baseMs: ms(100), capMs: seconds(2) } },
  /** Slices in work at the same time, over all tenants. */
  concurrency: 2,
  /** A slice that is not done by then comes back. */
  visibilityMs: minutes(6),
  keepMs: days(30),
} as const

/** Reviving what died of a cause that has ended. */
export const draining = {
  /** Causes that one sweep looks at, and dead events that it revives of one, and of all. */
  causes: 20,
  perCause: 100,
  most: 200,
  /** Events of one cause a second. */
  rate: 5,
  /** How often one event is revived by itself, and how long it waits after it has died again. */
  mostRevivals: 5,
  againMs: minutes(15),
} as const
