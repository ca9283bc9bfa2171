import { encodeEnvelope, type Envelope } from '../buffer/envelope.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { LedgerRecord } from '../idempotency/record.ts'
import type { Clock } from '../primitives/clock.ts'
import type { DeclarationOf } from './ledger-entry.ts'
import { readPayload } from './payload.ts'
import { copyOf, keptBy, revivalOf, type ReplayDeps } from './replay.ts'
import { lookedAt, type Replay, type ReplayCounts } from './replays.ts'
import { split } from './split.ts'

export interface MessageDeps extends Pick<ReplayDeps, 'objects'> {
  readonly declaration: DeclarationOf
  readonly clock: Clock
}

/** What a replay makes of one event: a message, or the reason why there is none. */
export type Again =
  /** Without a text: a page that is sent a second time has revived it the first time. */
  | { readonly kind: 'queued'; readonly text?: string; readonly tenant: string }
  | { readonly kind: Exclude<keyof ReplayCounts, 'queued'> }

type Told = Pick<Replay, 'id' | 'mode' | 'filter'>

/** Whether the filter admits an event; what the index tells of it was looked at before. */
export const isWanted = (
  { st, endpoint, reason = '' }: Pick<LedgerRecord, 'st' | 'endpoint' | 'reason'>,
  { filter }: Pick<Replay, 'filter'>,
): boolean =>
  (filter.status === undefined || filter.status === st) &&
  (filter.endpoint === undefined || filter.endpoint === endpoint) &&
  (filter.reason === undefined || (st === 'dead' && reason.startsWith(filter.reason)))

/** What becomes of an event, as far as that can be told without what was kept of it. */
export function fateOf(
  { st, replayOf }: Pick<LedgerRecord, 'st' | 'replayOf'>,
  { mode }: Pick<Replay, 'mode'>,
): 'queued' | 'skipped' | 'underway' {
  if (st !== 'done' && st !== 'dead') return 'underway'
  if (st === 'dead') return 'queued'
  // The copy of an event is not copied again: the event itself is in some window too.
  return mode === 'same-key' || replayOf !== undefined ? 'skipped' : 'queued'
}

/**
 * The message that sends one event through again. A dead one is the same event with its attempts back; a done one is a new
 * event that is named after the replay and itself, so that it is the same new one however often this is done.
 * @throws SluiceError where the bucket does not answer for now
 */
export async function messageFor(
  record: LedgerRecord,
  replay: Told,
  signal: AbortSignal,
  deps: MessageDeps,
): Promise<Again> {
  if (record.redrivenBy === replay.id) return { kind: 'queued', tenant: record.tenant }
  const fate = fateOf(record, replay)
  if (fate !== 'queued') return { kind: fate }
  try {
    const kept = await keptBy(record, signal, deps)
    if (kept === 'expired') return { kind: 'expired' }
    if (kept === 'not_finished') return { kind: 'underway' }
    if (kept.kind === 'message')
      return record.st === 'dead'
        ? { kind: 'queued', text: kept.text, tenant: record.tenant }
        : { kind: 'unreadable' }
    return await envelopeFor(record, kept.envelope, replay, signal, deps)
  } catch (error) {
    if (!(error instanceof SluiceError) || error.consequence !== 'park') throw error
    return { kind: error.code === 'PAYLOAD_MISSING' ? 'expired' : 'unreadable' }
  }
}

async function envelopeFor(
  record: LedgerRecord,
  envelope: Envelope,
  { id }: Told,
  signal: AbortSignal,
  deps: MessageDeps,
): Promise<Again> {
  if (record.st === 'dead') return queued(revivalOf(envelope, record.pk, record.deadAt ?? '', id))
  // The events of a batch have records of their own: with them and the batch they would come twice.
  if (await isBatch(envelope, signal, deps)) return { kind: 'skipped' }
  return queued(copyOf(envelope, `${id}:${record.pk}`, deps.clock.now()))
}

const queued = (envelope: Envelope): Again => ({
  kind: 'queued',
  text: encodeEnvelope(envelope),
  tenant: envelope.tenant,
})

async function isBatch(envelope: Envelope, signal: AbortSignal, deps: MessageDeps): Promise<boolean> {
  const declared = deps.declaration(envelope.provider)
  if (!declared?.batches || envelope.partOf !== undefined) return false
  const raw = await readPayload(envelope, deps.objects, { signal })
  return split(envelope, raw, declared, undefined) !== undefined
}

export function countedWith(counts: ReplayCounts, kinds: readonly Again['kind'][]): ReplayCounts {
  const next = { ...counts }
  for (const kind of kinds) next[kind] += 1
  return next
}

/** 0 to 1: by events where it is known how many there are, else by how much of the window's time was read. */
export function shareOf({
  state,
  counts,
  planned,
  position,
  since,
  until,
}: Pick<Replay, 'state' | 'counts' | 'planned' | 'position' | 'since' | 'until'>): number {
  if (state === 'done') return 1
  if (planned !== undefined && planned > 0) return Math.min(almost, lookedAt(counts) / planned)
  if (position === undefined) return 0
  const read = (Number(position.slice(0, 13)) - since) / Math.max(1, until - since)
  return Math.min(almost, Math.max(0, read))
}

/** Until the end is reached it is not shown. */
const almost = 0.999
