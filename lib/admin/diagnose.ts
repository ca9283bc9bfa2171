import type { Role } from '../access/caller.ts'
import { describeError } from '../errors/sluice-error.ts'
import type { History } from '../idempotency/history.ts'
import { freshnessOf } from '../polling/freshness.ts'
import type { Poll, Polls } from '../polling/poll-state.ts'
import type { TickMemory } from '../polling/tick-memory.ts'
import { days, epochMs, iso, later, minutes, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { RoundsReader } from '../telemetry/rounds.ts'
import type { Overdue, OverdueWork } from './overdue.ts'
import { pollName } from './poll-view.ts'
import type { QueueDepthOf } from './queue-depth.ts'
import type { Diagnosis } from './schemas-diagnosis.ts'

/** What a diagnosis reads beside what the API has anyway. */
export interface DiagnosisSources {
  readonly rounds: RoundsReader
  readonly tick: Pick<TickMemory, 'read'>
  readonly overdue: OverdueWork
  /** By name. */
  readonly queues: Readonly<Record<string, QueueDepthOf>>
}

export interface DiagnoseDeps {
  readonly clock: Clock
  readonly log: Log
  readonly history: Pick<History, 'dead'>
  readonly polls: Pick<Polls, 'list'>
  readonly diagnosis: DiagnosisSources
  readonly stage: string
}

/** Work that waits for less is on its way. */
const grace = minutes(10)
/** Pages of a hundred polls that are looked at. */
const mostPages = 5
const mostHeld = 10
const most = 100
const remembered = days(30)

/**
 * What the deployment knows of its own running, by about twenty reads however much is stored. A part whose store does not
 * answer is `null`; the others are told all the same. Shows no payload, no secret and no name but those of polls.
 */
export async function diagnose(role: Role, signal: AbortSignal, deps: DiagnoseDeps): Promise<Diagnosis> {
  const { clock, diagnosis, stage } = deps
  const now = clock.now()
  const known = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read()
    } catch (error) {
      deps.log('warn', 'a part of the diagnosis could not be read', { error: describeError(error) })
      return null
    }
  }
  const before = later(now, 0 - grace)
  const { overdue, queues } = diagnosis
  const [rounds, tick, polls, refreshes, subscriptions, deadLetters, ...depths] = await Promise.all([
    known(async () => roundsOf(await diagnosis.rounds.read())),
    known(async () => tickOf(await diagnosis.tick.read())),
    known(() => pollsOf(deps.polls, now)),
    known(async () => overdueOf(await overdue.refreshes(before, most))),
    known(async () => overdueOf(await overdue.subscriptions(before, most))),
    known(() => deadOf(deps.history, now, signal)),
    ...Object.entries(queues).map(async ([name, ask]) => [name, await known(() => ask(signal))] as const),
  ])
  const parts = { rounds, tick, polls, refreshes, subscriptions, deadLetters }
  return { at: iso(now), stage, role, ...parts, queues: Object.fromEntries(depths) }
}

const orNull = (at: EpochMs | undefined): string | null => (at === undefined ? null : iso(at))

const roundsOf = ({ sweeper, refresher, poller }: Awaited<ReturnType<RoundsReader['read']>>) => ({
  sweeper: orNull(sweeper),
  refresher: orNull(refresher),
  poller: orNull(poller),
})

const tickOf = ({ minute }: Awaited<ReturnType<TickMemory['read']>>) => ({
  minute: minute === undefined ? null : iso(epochMs(minute * 60_000)),
})

const overdueOf = ({ count, since }: Overdue) => ({ count, since: orNull(since) })

type Polled = NonNullable<Diagnosis['polls']>

async function pollsOf(list: Pick<Polls, 'list'>, now: EpochMs): Promise<Polled> {
  const polls: Poll[] = []
  let after: string | undefined
  for (let pages = 0; pages < mostPages && (pages === 0 || after !== undefined); pages += 1) {
    const page = await list.list(undefined, after, most)
    polls.push(...page.polls)
    after = page.next
  }
  const held = (['still', 'late', 'blocked'] as const).map((state) => ({
    state,
    polls: polls.filter((poll) => stateOf(poll, now) === state),
  }))
  const [still = 0, late = 0, blocked = 0] = held.map((each) => each.polls.length)
  return {
    looked: polls.length,
    more: after !== undefined,
    late,
    still,
    blocked,
    held: held.flatMap((each) => each.polls.map((poll) => heldOf(poll, each.state))).slice(0, mostHeld),
  }
}

const heldOf = (poll: Poll, state: Polled['held'][number]['state']): Polled['held'][number] => ({
  id: pollName(poll),
  tenant: poll.tenant,
  state,
  lastError: poll.failure ?? null,
})

/** What holds a poll up says more than how late it is. */
const stateOf = (poll: Poll, now: EpochMs) =>
  poll.state === 'blocked' ? 'blocked' : freshnessOf(poll, now).state

/** A page may be short although there is more. */
async function deadOf(history: Pick<History, 'dead'>, now: EpochMs, signal: AbortSignal) {
  const window = { filter: {}, since: later(now, 0 - remembered), until: later(now, minutes(5)) }
  const { records, next } = await history.dead({ ...window, limit: most }, signal)
  return { count: records.length, more: next !== undefined && records.length >= most }
}
