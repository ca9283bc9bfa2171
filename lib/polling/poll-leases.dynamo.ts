import type { Clock, EpochMs } from '../primitives/clock.ts'
import { number, text, toPoll, updateOf, type Item } from './poll-item.dynamo.ts'
import type {
  PollChange,
  PollLease,
  PollLeaseOutcome,
  PollLeaseWish,
  Polls,
  PollSaved,
} from './poll-state.ts'
import type { Writer } from './poll-writer.dynamo.ts'

const owned = { '#owner': 'owner' }
const isMine = '#owner = :me AND fence = :fence AND version = :version'

/** The right to run, from its taking to its end. */
export function dynamoPollLeases(
  write: Writer,
  clock: Clock,
): Pick<Polls, 'lease' | 'advance' | 'release' | 'change'> {
  return {
    lease: taking(write, clock),
    advance: (lease, change) => saving(lease, change, '', write),
    release: (lease, change) => saving(lease, change, ', leaseUntil = :zero, lastRunAt = :taken', write),
    async change({ connection, stream, version }, change) {
      const { set, add, remove, names, values } = updateOf(change)
      const answer = await write({
        id: { connection, stream },
        update: `SET version = :next${set}${clause('ADD', add)}${clause('REMOVE', remove)}`,
        condition: 'version = :version',
        names,
        values: { ...values, ':version': number(version), ':next': number(version + 1) },
      })
      return answer.kind === 'written' ? 'saved' : 'lost'
    },
  }
}

const clause = (word: string, list: string): string =>
  list === '' ? '' : ` ${word} ${list.replace(/^, /, '')}`

function taking(write: Writer, clock: Clock): Polls['lease'] {
  return async (id, wish) => {
    const now = clock.now()
    const waits = wish.urgent ? '' : ' AND (attribute_not_exists(nextAt) OR nextAt <= :now)'
    const answer = await write({
      id,
      update: 'SET #owner = :me, leaseUntil = :until ADD fence :one',
      condition: `leaseUntil <= :now AND #owner <> :me AND #state <> :paused AND lastRunAt < :due${waits}`,
      names: { ...owned, '#state': 'state' },
      values: {
        ':me': text(wish.owner),
        ':until': number(wish.until),
        ':now': number(now),
        ':due': number(wish.due),
        ':paused': text('paused'),
        ':one': number(1),
      },
    })
    const item = answer.kind === 'written' ? answer.item : answer.found
    return item ? taken(item, wish, now) : { kind: 'gone' }
  }
}

/** The item under our lease, also where the answer of the write that took it got lost. */
function taken(item: Item, { owner, until }: PollLeaseWish, now: EpochMs): PollLeaseOutcome {
  const poll = toPoll(item)
  const { connection, stream, fence, version, leaseUntil } = poll
  if (poll.owner !== owner) return leaseUntil > now ? { kind: 'busy', leaseUntil } : { kind: 'not_due', poll }
  return {
    kind: 'leased',
    lease: { connection, stream, owner, fence, version, takenAt: now, leaseUntil: until },
    poll,
  }
}

/** Our own owner and fence with the next version in the item, released where that is what was written: it was us. */
async function saving(lease: PollLease, change: PollChange, end: string, write: Writer): Promise<PollSaved> {
  const { set, add, remove, names, values } = updateOf(change)
  const answer = await write({
    id: lease,
    update: `SET version = :next${end}${set}${clause('ADD', add)}${clause('REMOVE', remove)}`,
    condition: isMine,
    names: { ...names, ...owned },
    values: {
      ...values,
      ':me': text(lease.owner),
      ':fence': number(lease.fence),
      ':version': number(lease.version),
      ':next': number(lease.version + 1),
      ...(end !== '' && { ':zero': number(0), ':taken': number(lease.takenAt) }),
    },
  })
  return answer.kind === 'written' || wasUs(answer.found, lease, end !== '') ? 'saved' : 'lost'
}

const wasUs = (found: Item | undefined, { owner, fence, version }: PollLease, ends: boolean): boolean =>
  found?.['owner']?.S === owner &&
  found['fence']?.N === String(fence) &&
  found['version']?.N === String(version + 1) &&
  (found['leaseUntil']?.N === '0') === ends
