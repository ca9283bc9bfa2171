import { freshnessOf } from '../polling/freshness.ts'
import { healthOf } from '../polling/interval.ts'
import type { Missed } from '../polling/missed-ledger.ts'
import { nextTurn } from '../polling/phases.ts'
import type { Poll, PollId } from '../polling/poll-state.ts'
import { iso, type EpochMs } from '../primitives/clock.ts'
import type { MissedItem, PollItem } from './schemas-polls.ts'

/** What can stand in a path as it is: `conn_…:events`, `conn_…:messages~` and the parameters as base64url. */
export function pollName({ connection, stream }: PollId): string {
  const [name = '', ...rest] = stream.split('?')
  if (rest.length === 0) return `${connection}:${name}`
  return `${connection}:${name}~${Buffer.from(rest.join('?')).toString('base64url')}`
}

/** `undefined` for what is no name of a poll. */
export function pollIdOf(text: string): PollId | undefined {
  const [, connection, name, rest] =
    /^(conn_[A-Za-z0-9_-]{32}):([\w.-]{1,64})(?:~([\w-]{1,1024}))?$/.exec(text) ?? []
  if (connection === undefined || name === undefined) return undefined
  const stream = rest === undefined ? name : `${name}?${Buffer.from(rest, 'base64url').toString()}`
  return pollName({ connection, stream }) === text ? { connection, stream } : undefined
}

/** A poll as the API shows it: how far it is, never what it goes on from. */
export function toPollItem(poll: Poll, hasWebhooks: boolean, now: EpochMs): PollItem {
  const { state, lagMs, newestAt, seenAt } = freshnessOf(poll, now)
  return {
    id: pollName(poll),
    tenant: poll.tenant,
    provider: poll.provider,
    connection: poll.connection,
    stream: poll.stream,
    state: poll.state,
    cause: poll.cause ?? null,
    watermark: poll.watermark?.text ?? null,
    lagMs,
    intervalMs: poll.phase.every * 60_000,
    nextRunAt: poll.state === 'paused' ? null : iso(nextRun(poll, now)),
    lastRunAt: poll.lastRunAt > 0 ? iso(poll.lastRunAt) : null,
    lastError: poll.failure ?? null,
    failures: poll.failures,
    found: poll.found,
    missed: poll.missed,
    missedAt: orNull(poll.missedAt),
    webhooks: healthOf(poll, hasWebhooks, now),
    freshness: { state, newestAt: orNull(newestAt), seenAt: orNull(seenAt) },
    gap: poll.gap ? { of: poll.gap.of, since: iso(poll.gap.since), until: iso(poll.gap.until) } : null,
  }
}

/** What holds it back is over before its turn: it is taken at once then. */
const nextRun = ({ nextAt, phase }: Poll, now: EpochMs): EpochMs =>
  nextAt !== undefined && nextAt > now ? nextAt : nextTurn(phase, now)

export const toMissedItem = ({ count, at, ...missed }: Missed): MissedItem => ({
  ...missed,
  at: iso(at),
  missed: count,
})

const orNull = (instant: EpochMs | undefined): string | null => (instant === undefined ? null : iso(instant))
