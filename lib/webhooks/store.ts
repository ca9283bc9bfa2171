import { ingest as limits } from '../config/defaults.ts'
import { prefixes } from '../config/names.ts'
import type { Buffer as EventBuffer, ObjectStore } from '../buffer/buffer.ts'
import { encodeEnvelope, inlineBody, type Envelope, type StoredBody } from '../buffer/envelope.ts'
import { describeError } from '../errors/sluice-error.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Log } from '../telemetry/log.ts'

export interface StoreDeps {
  readonly buffer: EventBuffer
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** `spilled`: the queue did not take it, the bucket did; the sweeper puts it back on the queue. */
export type Stored = 'queued' | 'spilled' | 'unavailable'

const sendAttempts = 2
/** What SQS takes in one message. */
const maxMessageBytes = 1_048_576

/**
 * Makes one accepted delivery durable inside the ingest budget: one message; above the inline limit the object first and
 * then the message that points to it; without the queue, a spill object. `unavailable` means that nothing was promised.
 */
export async function store(
  draft: Omit<Envelope, 'body'>,
  body: Uint8Array,
  signal: AbortSignal,
  deps: StoreDeps,
): Promise<Stored> {
  let envelope: Envelope = { ...draft, body: inlineBody(body) }
  if (!fitsInline(envelope, body)) {
    const stored = await storeBody(draft.tenant, body, signal, deps)
    if (!stored) return 'unavailable'
    envelope = { ...draft, body: stored }
  }
  if (await send(envelope, signal, deps)) return 'queued'
  return (await spill(envelope, signal, deps)) ? 'spilled' : 'unavailable'
}

const fitsInline = (envelope: Envelope, body: Uint8Array): boolean =>
  body.byteLength <= limits.inlineLimitBytes &&
  // Only long headers bring a body below the limit over the message's; measured, not guessed, near the edge.
  (body.byteLength < limits.inlineLimitBytes / 2 ||
    Buffer.byteLength(encodeEnvelope(envelope)) <= maxMessageBytes)

async function storeBody(
  tenant: string,
  body: Uint8Array,
  signal: AbortSignal,
  deps: StoreDeps,
): Promise<StoredBody | undefined> {
  const key = `${prefixes.bodies}${tenant}/${token128(deps.random)}`
  const put = await attempt(
    'the bucket did not take a large body',
    limits.putTimeoutMs,
    signal,
    deps,
    (own) => deps.objects.put(key, body, own),
  )
  return put ? { key, sha256: sha256Hex(body), bytes: body.byteLength } : undefined
}

async function send(envelope: Envelope, signal: AbortSignal, deps: StoreDeps): Promise<boolean> {
  for (let i = 0; i < sendAttempts; i += 1) {
    const sent = await attempt('the queue did not take an event', limits.sendTimeoutMs, signal, deps, (own) =>
      deps.buffer.send(envelope, own),
    )
    if (sent) return true
  }
  return false
}

const spill = (envelope: Envelope, signal: AbortSignal, deps: StoreDeps): Promise<boolean> =>
  attempt('the bucket did not take a spilled event', limits.putTimeoutMs, signal, deps, (own) =>
    deps.objects.put(
      `${prefixes.spill}${envelope.receivedAt}-${token128(deps.random)}.json`,
      Buffer.from(encodeEnvelope(envelope)),
      own,
    ),
  )

/** One try with a time of its own inside the whole budget; `false` when it failed or hung. */
async function attempt(
  failure: string,
  timeoutMs: number,
  parent: AbortSignal,
  { clock, log }: StoreDeps,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  if (parent.aborted) return false
  const deadline = deadlineAfter(clock, ms(timeoutMs), parent)
  try {
    await raceSignal(task(deadline.signal), deadline.signal)
    return true
  } catch (error) {
    log('warn', failure, { error: describeError(error) })
    return false
  } finally {
    deadline.end()
  }
}
