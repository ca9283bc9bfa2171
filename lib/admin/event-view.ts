import type { ListedRecord } from '../idempotency/history.ts'
import type { LedgerRecord } from '../idempotency/record.ts'
import { epochMs, fromSeconds, iso, type EpochMs } from '../primitives/clock.ts'
import type { Preview } from './payload-preview.ts'
import { mask } from './redact.ts'
import type { DeadLetter, EventDetail, EventItem } from './schemas.ts'

const orNull = (instant: EpochMs | undefined): string | null => (instant === undefined ? null : iso(instant))

/** A record as lists show it. A reason may quote what a handler threw, so it is masked like a payload. */
export const toItem = (record: ListedRecord): EventItem => ({
  id: record.pk,
  tenant: record.tenant,
  provider: record.provider,
  type: record.type,
  status: record.st,
  attempts: record.attempts,
  via: record.via,
  deliveryKey: record.deliveryKey,
  receivedAt: iso(record.receivedAt),
  completedAt: orNull(record.completedAt),
  reason: record.reason === undefined ? null : mask(record.reason),
})

export const toDeadLetter = (record: ListedRecord): DeadLetter => ({
  ...toItem(record),
  deadAt: iso(diedAt(record) ?? record.receivedAt),
})

export function toDetail(record: LedgerRecord, { payload, occurredAt }: Preview): EventDetail {
  const leaseUntil = record.st === 'claimed' ? record.leaseUntil : undefined
  return {
    ...toItem(record),
    endpoint: record.endpoint,
    flag: record.flag ?? null,
    replayOf: record.replayOf ?? null,
    unsignedId: record.unsignedId ?? null,
    steps: [...(record.steps ?? [])],
    leaseUntil: orNull(leaseUntil),
    expiresAt: iso(fromSeconds(record.expireAt)),
    timeline: timelineOf(record, occurredAt),
    payload,
  }
}

/** What is known to have happened, oldest first. The Ledger keeps the count of attempts and not their times. */
function timelineOf(record: LedgerRecord, occurredAt: EpochMs | undefined): EventDetail['timeline'] {
  const moments: readonly (readonly [EpochMs | undefined, string])[] = [
    [occurredAt, 'happened at the provider'],
    [record.receivedAt, record.via === 'replay' ? 'replayed' : 'received and stored'],
    [record.redrivenAt, `redriven by ${record.redrivenBy ?? 'operator'}, with all attempts`],
    [record.st === 'done' ? record.completedAt : undefined, 'done'],
    [record.st === 'dead' ? diedAt(record) : undefined, 'dead'],
    [record.st === 'claimed' ? record.leaseUntil : undefined, 'the claim of its worker ends'],
  ]
  return moments
    .flatMap(([at, what]) => (at === undefined ? [] : [{ at, what }]))
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, what }) => ({ at: iso(at), what }))
}

const diedAt = ({ deadAt }: ListedRecord): EpochMs | undefined =>
  deadAt === undefined ? undefined : epochMs(Number(deadAt.slice(0, 13)))
