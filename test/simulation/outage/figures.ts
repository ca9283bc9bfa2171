import type { Notes } from './flow.ts'
import type { LedgerCall } from './provider.ts'
import type { Scenario } from './scenario.ts'
import type { OutageWorld } from './world.ts'

/** What one world came to. Times in minutes since the first event unless said. */
export interface Figures {
  readonly calls: number
  readonly before: number
  readonly during: number
  /** While the provider was ill, until the breaker first opened. */
  readonly untilOpen: number
  readonly openings: number
  readonly after: number
  /** Calls for each run of a handler that called at all. */
  readonly amplification: number
  /** Most calls that the provider heard in any minute after its recovery, but for those that came late. */
  readonly mostPerMinute: number
  /** Share of the limit that was used from the closing of the breaker until less than a minute's work was left. */
  readonly use: number
  readonly closedAfter: number
  readonly drain: number
  /** Calls above the provider's limit after its recovery, beyond as many as came late. */
  readonly above: number
  /** Most openings within ten minutes. */
  readonly turns: number
  readonly parked: number
  readonly failed: number
  readonly receives: number
  readonly sandboxes: number
  readonly requestsPerEvent: number
  readonly controlPerCall: number
}

const minute = 60_000

export function figuresOf(
  world: OutageWorld,
  notes: Notes,
  seen: { readonly receives: number; readonly sandboxes: number },
): Figures {
  const { scenario, requests } = world
  const { calls } = world.provider
  const { illFrom, illUntil } = scenario
  const during = calls.filter(({ at }) => at >= illFrom && at < illUntil)
  const after = calls.filter(({ at }) => at >= illUntil)
  const opened = notes.turns.find(({ at, state }) => at >= illFrom && state === 'open')?.at ?? Infinity
  const closed = closedAt(world, notes)
  const ends = Math.max(0, ...notes.doneAt.values())
  const runs = new Set(calls.map(({ event, run }) => `${event} ${run}`))
  return {
    calls: calls.length,
    before: calls.length - during.length - after.length,
    during: during.length,
    untilOpen: during.filter(({ at }) => at <= opened).length,
    openings: notes.turns.filter(({ state, at }) => state === 'open' && at < illUntil).length,
    after: after.length,
    amplification: calls.length / runs.size,
    mostPerMinute: mostPerMinute(after.filter(({ isLate }) => !isLate)),
    use: useOf(world, notes, closed),
    closedAfter: (closed - illUntil) / minute,
    drain: (ends - closed) / minute,
    above: Math.max(
      0,
      after.filter(({ outcome }) => outcome === 'above the limit').length -
        after.filter(({ isLate }) => isLate).length,
    ),
    turns: mostTurns(notes),
    parked: notes.parked,
    failed: notes.failed,
    ...seen,
    requestsPerEvent: requests.ledger / scenario.events,
    controlPerCall: requests.control / Math.max(1, calls.length),
  }
}

/** When the breaker closed after the recovery; at the recovery where it never opened. */
function closedAt({ scenario: { illUntil } }: OutageWorld, { turns }: Notes): number {
  const isOpen = turns.findLast(({ at }) => at < illUntil)?.state === 'open'
  return isOpen
    ? (turns.find(({ at, state }) => at >= illUntil && state === 'closed')?.at ?? Infinity)
    : illUntil
}

function mostPerMinute(calls: readonly LedgerCall[]): number {
  let most = 0
  for (let first = 0, next = 0; next < calls.length; next += 1) {
    while ((calls[first]?.at ?? 0) <= (calls[next]?.at ?? 0) - minute) first += 1
    most = Math.max(most, next - first + 1)
  }
  return most
}

/** As long as a minute's work is left, the limit could be used; 1 where there never was so much. */
function useOf({ scenario, provider }: OutageWorld, { doneAt }: Notes, from: number): number {
  const ends = [...doneAt.values()].toSorted((a, b) => a - b)
  const until = ends.at(-scenario.perMinute) ?? 0
  if (until - from < minute) return 1
  const calls = provider.calls.filter(({ at }) => at >= from && at < until).length
  return calls / ((until - from) / minute) / scenario.perMinute
}

function mostTurns({ turns }: Notes): number {
  const opened = turns.filter(({ state }) => state === 'open')
  const within = (from: number): number =>
    opened.filter(({ at }) => at >= from && at < from + 10 * minute).length
  return Math.max(0, ...opened.map(({ at }) => within(at)))
}

export function summaryOf({ name, events }: Scenario, figures: Figures): string {
  const { before, during, after, untilOpen, openings, closedAfter, drain, use } = figures
  return [
    `${name}: ${events} events, ${before} calls before, ${during} while it was ill`,
    `(${untilOpen} until the breaker opened, ${openings} openings), ${after} after it`,
    `closed after ${closedAfter.toFixed(1)} min, all done ${drain.toFixed(1)} min later`,
    `${(use * 100).toFixed(0)} % of the limit used, ${figures.mostPerMinute} calls in the fullest minute`,
    `${figures.parked} parked, ${figures.failed} failed, at most ${figures.receives} receives`,
    `${figures.amplification.toFixed(2)} calls per run, ${figures.requestsPerEvent.toFixed(1)} Ledger requests per event`,
    `${figures.controlPerCall.toFixed(2)} Control requests per call, ${figures.sandboxes} sandboxes`,
  ].join(', ')
}
