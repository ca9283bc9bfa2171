import type { Buffer as EventBuffer, ObjectStore } from '../buffer/buffer.ts'
import { eventId, type Envelope } from '../buffer/envelope.ts'
import { openKept, type Kept } from '../buffer/kept.ts'
import type { LedgerRecord } from '../idempotency/record.ts'
import type { Clock, EpochMs } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'

export interface ReplayDeps {
  /** Where replays wait: the bulk queue, which never holds up live events. */
  readonly bulk: EventBuffer
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly random: Random
}

export type ReplayOutcome =
  | { readonly kind: 'queued'; readonly id: string }
  /** It is still on its way: nothing has been kept yet. */
  | { readonly kind: 'not_finished' }
  /** Its archived envelope has outlived the bucket's lifetime. */
  | { readonly kind: 'expired' }
  /** Only dead events are redriven. */
  | { readonly kind: 'not_dead' }

/**
 * Sends a finished event through again, as a new event with a record of its own. Handlers see the first event's
 * idempotency key, so an effect that honours it does not happen twice.
 */
export async function replay(
  record: LedgerRecord,
  signal: AbortSignal,
  deps: ReplayDeps,
): Promise<ReplayOutcome> {
  const kept = await keptBy(record, signal, deps)
  if (kept === 'not_finished' || kept === 'expired') return { kind: kept }
  if (kept.kind === 'message') return resend(record, kept.text, signal, deps)
  const again = copyOf(kept.envelope, token128(deps.random), deps.clock.now())
  await deps.bulk.send(again, signal)
  return { kind: 'queued', id: again.id }
}

/** A new event of the same bytes. The same `nonce` makes the same event, however often it is sent. */
export const copyOf = (envelope: Envelope, nonce: string, receivedAt: EpochMs): Envelope => ({
  ...envelope,
  id: eventId(envelope.tenant, envelope.endpoint, `${envelope.deliveryKey}#replay:${nonce}`),
  via: 'replay',
  replayOf: envelope.replayOf ?? envelope.id,
  receivedAt,
})

/**
 * Gives a dead event its attempts back. The message names the death that it undoes, so that the claim itself brings the
 * event back to life: until a worker takes it, it stays in the list, and a redrive sent twice counts once.
 */
export async function redrive(
  record: LedgerRecord,
  signal: AbortSignal,
  deps: ReplayDeps,
): Promise<ReplayOutcome> {
  if (record.st !== 'dead' || record.deadAt === undefined) return { kind: 'not_dead' }
  const kept = await keptBy(record, signal, deps)
  if (kept === 'not_finished' || kept === 'expired') return { kind: kept }
  if (kept.kind === 'message') return resend(record, kept.text, signal, deps)
  await deps.bulk.send(revivalOf(kept.envelope, record.pk, record.deadAt), signal)
  return { kind: 'queued', id: record.pk }
}

/** The same event once more. `by`: who redrives it, where it is not a person. */
export const revivalOf = (envelope: Envelope, id: string, deadAt: string, by?: string): Envelope => ({
  ...envelope,
  id,
  redrive: deadAt,
  ...(by !== undefined && { redriveBy: by }),
})

/** What could not be read is tried as it came: a newer version may read it. */
async function resend(
  record: LedgerRecord,
  text: string,
  signal: AbortSignal,
  deps: ReplayDeps,
): Promise<ReplayOutcome> {
  await deps.bulk.sendText(text, record.tenant, signal)
  return { kind: 'queued', id: record.pk }
}

/** The envelope that the Ledger kept of a finished event. Also what the console shows the payload from. */
export async function keptBy(
  record: Pick<LedgerRecord, 'envelope' | 'envelopeKey'>,
  signal: AbortSignal,
  { objects }: { readonly objects: Pick<ObjectStore, 'get'> },
): Promise<Kept | 'not_finished' | 'expired'> {
  if (record.envelope) return openKept(record.envelope)
  if (record.envelopeKey === undefined) return 'not_finished'
  const archived = await objects.get(record.envelopeKey, signal)
  return archived ? openKept(archived) : 'expired'
}
