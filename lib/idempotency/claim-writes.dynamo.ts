import { ledger } from '../config/defaults.ts'
import { ledgerKey } from '../config/names.ts'
import { later, toSeconds, type EpochMs } from '../primitives/clock.ts'
import type { Claim, ClaimRequest, EventFacts, KeptEnvelope } from './claims.ts'
import type { Values, Write } from './ledger-writer.dynamo.ts'
import { monthOf, number, sortKey, text, timeBucket } from './record.dynamo.ts'
import type { LedgerRecord, RecordStatus } from './record.ts'

// The facts of an event are written by whoever comes first; a later claim finds them as they are.
const facts = [
  'tenant',
  'provider',
  'endpoint',
  '#type',
  'via',
  'deliveryKey',
  'receivedAt',
  'contentHash',
  'timeBucket',
  '#at',
] as const
const setFacts = facts.map((name) => `${name} = if_not_exists(${name}, :${name.replace('#', '')})`).join(', ')

// One fact may come by several ways, each with a wording of its own; by one way, another content is another fact.
const isSameFact = '(contentHash = :contentHash OR (attribute_exists(via) AND via <> :via))'
// The owner of a late duplicate of an old request is never let in again.
const isNew = `attribute_not_exists(${ledgerKey})`
const isFree = `v = :v AND expireAt > :now AND leaseUntil <= :nowMs AND #owner <> :me AND ${isSameFact}`
const isOpen = 'st IN (:claimed, :retry, :parked)'
const isMine = 'st = :claimed AND #owner = :me'

const ownerName = { '#owner': 'owner' }
const allNames = { '#type': 'type', '#at': 'at', ...ownerName }

const noteSight = 'sightedAt = if_not_exists(sightedAt, :nowMs), '
const claimUpdate = 'v = :v, st = :claimed, #owner = :me, leaseUntil = :until ADD fence :one, attempts :one'
const claimCondition = `${isNew} OR (${isOpen} AND ${isFree})`

export function claimWrite({ facts: event, owner, leaseUntil, sighted }: ClaimRequest, now: EpochMs): Write {
  const optional = optionalFacts(event)
  return {
    id: event.id,
    update: `SET ${setFacts}, expireAt = if_not_exists(expireAt, :expireAt), ${sighted ? noteSight : ''}${optional.set}${claimUpdate}`,
    condition: claimCondition,
    names: allNames,
    answer: true,
    values: {
      ...factValues(event),
      ':expireAt': expireAt(now),
      ...optional.values,
      ...openStates,
      ':me': text(owner),
      ':until': number(leaseUntil),
      ':one': number(1),
      ':now': number(toSeconds(now)),
      ':nowMs': number(now),
    },
  }
}

/**
 * A second write, only where the first was refused for one of two reasons: the record has outlived its retention and is
 * as good as absent, or this is the redrive of exactly the death that stands in it. Both start to count from one.
 */
export function takeoverWrite(found: LedgerRecord, request: ClaimRequest, now: EpochMs): Write | undefined {
  const { facts: event, owner, leaseUntil, redrive } = request
  const expired = found.expireAt <= toSeconds(now)
  const redriven =
    found.st === 'dead' &&
    redrive !== undefined &&
    found.deadAt === redrive &&
    found.contentHash === event.contentHash
  if (!expired && !redriven) return undefined
  const values = {
    ':v': number(1),
    ':claimed': text('claimed'),
    ':me': text(owner),
    ':until': number(leaseUntil),
    ':one': number(1),
    ':fence': number(found.fence),
  }
  const common = 'v = :v, st = :claimed, #owner = :me, leaseUntil = :until, attempts = :one'
  const condition = 'fence = :fence AND #owner <> :me'
  if (!expired) {
    return {
      id: event.id,
      update: `SET ${common}, redrivenAt = :now, redrivenBy = :by REMOVE reason, deadBucket, deadAt ADD fence :one, redrives :one`,
      condition: `st = :dead AND ${condition}`,
      names: ownerName,
      answer: true,
      values: {
        ...values,
        ':dead': text('dead'),
        ':now': number(now),
        ':by': text(request.redriveBy ?? 'operator'),
      },
    }
  }
  const anew = facts.map((name) => `${name} = :${name.replace('#', '')}`).join(', ')
  return {
    id: event.id,
    update: `SET ${anew}, expireAt = :expireAt, ${common} REMOVE reason, deadBucket, deadAt, steps, envelope, envelopeKey, completedAt, flag, sightedAt, redrives, redrivenAt, redrivenBy ADD fence :one`,
    condition,
    names: allNames,
    answer: true,
    values: { ...values, ...factValues(event), ':expireAt': expireAt(now) },
  }
}

export interface Change {
  readonly set: string
  readonly values: Values
  readonly remove?: string
  readonly add?: string
}

export const completion = (now: EpochMs, kept: KeptEnvelope): Change => ({
  set: `completedAt = :at, ${keep(kept).set}`,
  remove: 'reason, steps',
  values: { ':at': number(now), ...keep(kept).values },
})

export const release = (reason: string, steps: readonly string[]): Change => ({
  set: 'reason = :reason, steps = :steps',
  values: { ':reason': text(reason), ':steps': { L: steps.map(text) } },
})

/** The attempt that was counted at the claim is not counted after all. */
export const giveBack = (change: Change): Change => ({
  ...change,
  add: 'attempts :back',
  values: { ...change.values, ':back': number(-1) },
})

/** The attempts are as the claim says. */
export const counting = ({ attempts }: Claim, change: Change): Change => ({
  ...change,
  set: `attempts = :attempts, ${change.set}`,
  values: { ...change.values, ':attempts': number(attempts) },
})

export const death = (id: string, now: EpochMs, reason: string, kept: KeptEnvelope): Change => ({
  set: `reason = :reason, expireAt = :expireAt, deadBucket = :month, deadAt = :death, ${keep(kept).set}`,
  values: {
    ':reason': text(reason),
    ':expireAt': expireAt(now),
    ':month': text(monthOf(now)),
    ':death': text(sortKey(id, now)),
    ...keep(kept).values,
  },
})

const expireAt = (now: EpochMs) => number(toSeconds(later(now, ledger.retentionMs)))

/** Ends a claim, if it is still ours. The last owner stays in the record, so that its late requests are known. */
export const settleWrite = (claim: Claim, status: RecordStatus, change: Change): Write => ({
  id: claim.id,
  update: [
    `SET st = :st, leaseUntil = :zero, ${change.set}`,
    change.remove && `REMOVE ${change.remove}`,
    change.add && `ADD ${change.add}`,
  ]
    .filter(Boolean)
    .join(' '),
  condition: isMine,
  names: ownerName,
  values: {
    ':st': text(status),
    ':zero': number(0),
    ':claimed': text('claimed'),
    ':me': text(claim.owner),
    ...change.values,
  },
})

/** Buries what no worker holds, unless it has been settled or someone is at work on it. */
export function buryWrite(event: EventFacts, reason: string, kept: KeptEnvelope, now: EpochMs): Write {
  const buried = death(event.id, now, reason, kept)
  const untouched = ['#owner = if_not_exists(#owner, :nobody)', 'fence = if_not_exists(fence, :zero)']
  return {
    id: event.id,
    update: `SET ${setFacts}, ${optionalFacts(event).set}v = :v, st = :dead, leaseUntil = :zero, attempts = if_not_exists(attempts, :zero), ${untouched.join(', ')}, ${buried.set}`,
    condition: `${isNew} OR expireAt <= :now OR (${isOpen} AND leaseUntil <= :nowMs AND ${isSameFact})`,
    names: allNames,
    values: {
      ...factValues(event),
      ...optionalFacts(event).values,
      ...openStates,
      ...buried.values,
      ':dead': text('dead'),
      ':zero': number(0),
      ':nobody': text('-'),
      ':now': number(toSeconds(now)),
      ':nowMs': number(now),
    },
  }
}

const openStates = { ':claimed': text('claimed'), ':retry': text('retry'), ':parked': text('parked') }

const keep = (kept: KeptEnvelope) =>
  'envelope' in kept
    ? { set: 'envelope = :envelope', values: { ':envelope': { B: kept.envelope } } }
    : { set: 'envelopeKey = :envelope', values: { ':envelope': text(kept.envelopeKey) } }

const noFacts = { set: '', values: {} }

function optionalFacts({ replayOf, unsignedId, flag }: EventFacts): Pick<Change, 'set' | 'values'> {
  if (replayOf === undefined && unsignedId === undefined && flag === undefined) return noFacts
  const present = Object.entries({ replayOf, unsignedId, flag }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return {
    set: present.map(([name]) => `${name} = if_not_exists(${name}, :${name}), `).join(''),
    values: Object.fromEntries(present.map(([name, value]) => [`:${name}`, text(value)])),
  }
}

const factValues = (event: EventFacts): Values => ({
  ':v': number(1),
  ':tenant': text(event.tenant),
  ':provider': text(event.provider),
  ':endpoint': text(event.endpoint),
  ':type': text(event.type),
  ':via': text(event.via),
  ':deliveryKey': text(event.deliveryKey),
  ':receivedAt': number(event.receivedAt),
  ':contentHash': text(event.contentHash),
  ':timeBucket': text(timeBucket(event.id, event.receivedAt)),
  ':at': text(sortKey(event.id, event.receivedAt)),
})
