import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { byRefresh } from '../config/names.ts'
import type { Clock, EpochMs } from '../primitives/clock.ts'
import { instant, number, text, toConnection, tokenItem, unsaid, type Item } from './connection.dynamo.ts'
import type { Connection } from './connection.ts'
import type { Writer, Written } from './connection-writer.dynamo.ts'
import type { Lease, LeaseOutcome, SaveOutcome, Vault } from './vault.ts'

const isMine = '#owner = :me AND version = :version AND st <> :deleted'

/** The right to refresh, from its taking to its end. */
export function dynamoLeases(
  write: Writer,
  clock: Clock,
): Pick<Vault, 'lease' | 'save' | 'release' | 'needsReauth'> {
  return {
    lease: taking(write, clock),
    save: (lease, facts) => {
      const set = Object.entries(tokenItem(facts))
      const change = [...set.map(([name]) => `${name} = :${name}`), 'failures = :zero'].join(', ')
      const values = Object.fromEntries(set.map(([name, value]) => [`:${name}`, value]))
      return end(lease, { set: change, remove: unsaid(facts), values }, write)
    },
    needsReauth: (lease, cause) =>
      end(
        lease,
        {
          set: 'st = :st, cause = :cause',
          remove: byRefresh.sort,
          values: { ':st': text('needs_reauth'), ':cause': text(cause) },
        },
        write,
      ),
    release: (lease, nextRefreshAt) => releasing(lease, nextRefreshAt, write),
  }
}

function taking(write: Writer, clock: Clock): Vault['lease'] {
  return async (connection, owner, until) => {
    const now = clock.now()
    const answer = await write({
      id: connection.id,
      update: 'SET #owner = :me, leaseUntil = :until',
      condition: 'version = :version AND leaseUntil <= :now AND st = :active AND #owner <> :me',
      values: {
        ':me': text(owner),
        ':until': number(until),
        ':version': number(connection.version),
        ':now': number(now),
        ':active': text('active'),
      },
    })
    return leased(answer, connection, owner, until)
  }
}

interface Change {
  readonly set: string
  readonly remove: string
  readonly values: Record<string, AttributeValue>
}

/** Ends a lease by a write that moves the version on. Our own owner with the next version in the item: it was us. */
async function end(lease: Lease, { set, remove, values }: Change, write: Writer): Promise<SaveOutcome> {
  const answer = await write({
    id: lease.id,
    update: `SET version = :next, leaseUntil = :zero, ${set} REMOVE ${remove}`,
    condition: isMine,
    values: {
      ':me': text(lease.owner),
      ':version': number(lease.version),
      ':next': number(lease.version + 1),
      ':zero': number(0),
      ':deleted': text('deleted'),
      ...values,
    },
  })
  if (answer.kind === 'written') return 'saved'
  const { found } = answer
  const wasUs = found?.['owner']?.S === lease.owner && found['version']?.N === String(lease.version + 1)
  return wasUs && found['st']?.S !== 'deleted' ? 'saved' : 'lost'
}

async function releasing(lease: Lease, nextRefreshAt: EpochMs, write: Writer): Promise<SaveOutcome> {
  const answer = await write({
    id: lease.id,
    update: `SET leaseUntil = :zero, ${byRefresh.sort} = :next ADD failures :one`,
    condition: `${isMine} AND leaseUntil <> :zero`,
    values: {
      ':me': text(lease.owner),
      ':version': number(lease.version),
      ':deleted': text('deleted'),
      ':zero': number(0),
      ':next': text(instant(nextRefreshAt)),
      ':one': number(1),
    },
  })
  return answer.kind === 'written' || isReleased(answer.found, lease) ? 'saved' : 'lost'
}

function leased(answer: Written, connection: Connection, owner: string, until: EpochMs): LeaseOutcome {
  const { id, version } = connection
  const lease: Lease = { id, owner, version, leaseUntil: until }
  if (answer.kind === 'written') return { kind: 'leased', lease, inherited: connection.leaseUntil > 0 }
  const { found } = answer
  if (!found) return { kind: 'gone' }
  const stands = toConnection(found)
  if (stands.version !== version || stands.state !== 'active') return { kind: 'moved', connection: stands }
  // The repeated write of a lost answer.
  if (stands.owner === owner) return { kind: 'leased', lease, inherited: connection.leaseUntil > 0 }
  return { kind: 'busy', leaseUntil: stands.leaseUntil }
}

const isReleased = (found: Item | undefined, lease: Lease): boolean =>
  found?.['owner']?.S === lease.owner && found['leaseUntil']?.N === '0'
