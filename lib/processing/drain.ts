import { encodeEnvelope } from '../buffer/envelope.ts'
import type { PacedBuffer, PacedMessage } from '../buffer/paced-buffer.ts'
import type { ObjectStore } from '../buffer/buffer.ts'
import { draining } from '../config/replay-defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { History } from '../idempotency/history.ts'
import { epochMs, minutes, ms, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Cause, Held, HeldEvent, KnownCause } from './held.ts'
import { keptBy, revivalOf } from './replay.ts'

export interface DrainDeps {
  readonly held: Pick<Held, 'causes' | 'due' | 'forget' | 'close'>
  /** `over`: what died before that time can live. `ask`: nobody knows, and one call would tell. */
  readonly standing: (cause: Cause) => Promise<'lasts' | 'ask' | { readonly over: EpochMs }>
  readonly history: Pick<History, 'get'>
  readonly objects: Pick<ObjectStore, 'get'>
  readonly bulk: PacedBuffer
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Who redrives, in the record of what is redriven. */
const actor = 'sluice'

/**
 * Revives what died of a cause that has ended: a provider whose breaker is closed again, a connection that was connected again.
 * Some of each cause and no more than a few hundred at all in one sweep, onto the bulk queue, a few a second.
 * @returns how many were revived
 * @throws SluiceError `LEDGER_UNAVAILABLE` when not even the causes can be read.
 */
export async function drainDead(signal: AbortSignal, deps: DrainDeps): Promise<number> {
  let revived = 0
  for (const cause of turns(await deps.held.causes(signal), deps.clock)) {
    if (revived >= draining.most || signal.aborted) break
    try {
      revived += await drainCause(cause, draining.most - revived, signal, deps)
    } catch (error) {
      deps.log('warn', 'dead events of a cause could not be revived', {
        provider: cause.provider,
        error: describeError(error),
      })
    }
  }
  return revived
}

/** Of many causes, others each minute. */
function turns(causes: readonly KnownCause[], clock: Clock): readonly KnownCause[] {
  const first = (Math.floor(clock.now() / minutes(1)) * draining.causes) % Math.max(1, causes.length)
  const from = causes.length > draining.causes ? first : 0
  return [...causes.slice(from), ...causes.slice(0, from)].slice(0, draining.causes)
}

async function drainCause(
  cause: KnownCause,
  room: number,
  signal: AbortSignal,
  deps: DrainDeps,
): Promise<number> {
  const { held, clock, metrics, log } = deps
  const standing = await deps.standing(cause)
  if (standing === 'lasts') return 0
  const limit = standing === 'ask' ? 1 : Math.min(room, draining.perCause)
  const now = clock.now()
  const until = standing === 'ask' ? now : epochMs(Math.min(now, standing.over))
  const due = await held.due(cause, until, limit, signal)
  if (due.length === 0) {
    await held.close(cause, signal)
    return 0
  }
  const messages: PacedMessage[] = []
  const settled: HeldEvent[] = []
  for (const event of due) {
    const again = await reviving(event, signal, deps)
    if (again === 'waits') continue
    settled.push(event)
    if (again !== 'over') messages.push({ ...again, delayMs: paceOf(messages.length) })
  }
  const { failed, error } = await deps.bulk.sendPaced(messages, signal)
  // Sent twice, it is revived once: the message names the death that it undoes.
  if (failed.length > 0)
    throw new SluiceError('BUFFER_UNAVAILABLE', 'the queue did not take them all', { cause: error })
  for (const event of settled) await held.forget(cause, event, signal)
  if (messages.length === 0) return 0
  metrics.count('DeadLetterDrained', { provider: cause.provider }, messages.length)
  log('info', 'dead events are revived, as their cause has ended', {
    provider: cause.provider,
    count: messages.length,
    ...(cause.tenant !== undefined && { tenant: cause.tenant }),
  })
  return messages.length
}

const paceOf = (index: number) => ms(Math.floor(index / draining.rate) * 1_000)

/** The message that revives an event; `waits`: it is about to die; `over`: it lives, or nothing is left of it. */
async function reviving(
  { id }: HeldEvent,
  signal: AbortSignal,
  deps: DrainDeps,
): Promise<Omit<PacedMessage, 'delayMs'> | 'waits' | 'over'> {
  const record = await deps.history.get(id, signal)
  if (record?.st === 'claimed') return 'waits'
  if (record?.st !== 'dead' || record.deadAt === undefined) return 'over'
  const kept = await keptBy(record, signal, deps)
  if (kept === 'expired' || kept === 'not_finished' || kept.kind === 'message') return 'over'
  const text = encodeEnvelope(revivalOf(kept.envelope, id, record.deadAt, actor))
  return { text, tenant: record.tenant }
}
