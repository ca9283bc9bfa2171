import { ingest, polling } from '../config/defaults.ts'
import { prefixes } from '../config/names.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import type { Clock } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { ObjectStore } from './buffer.ts'
import { encodeEnvelope, inlineBody, type Envelope } from './envelope.ts'

/** Takes many envelopes with few requests. */
export interface BatchBuffer {
  /** Answers the indexes of those that were not stored. Never throws because the queue is away: then that is all of them. */
  sendMany(
    envelopes: readonly Envelope[],
    signal: AbortSignal,
  ): Promise<{ readonly failed: readonly number[]; readonly error?: unknown }>
}

export interface EnqueueDeps {
  readonly queue: BatchBuffer
  readonly objects: Pick<ObjectStore, 'put'>
  readonly clock: Clock
  readonly random: Random
}

/** An event and its bytes, before it is known where they go. */
export type Unplaced = Omit<Envelope, 'body'> & { readonly body: Uint8Array }

/** What SQS takes in one message. */
const maxMessageBytes = 1_048_576

/**
 * Makes events durable: large bodies in the bucket first, then a message for each. What the queue does not take is sent again.
 * @throws SluiceError `BUFFER_UNAVAILABLE` when not all of them are stored; those that are come a second time then.
 */
export async function enqueueAll(
  events: readonly Unplaced[],
  signal: AbortSignal,
  deps: EnqueueDeps,
): Promise<void> {
  let rest: readonly Envelope[] = await Promise.all(events.map((event) => placed(event, signal, deps)))
  for (let attempt = 1; rest.length > 0; attempt += 1) {
    const { failed, error } = await deps.queue.sendMany(rest, signal)
    rest = failed.flatMap((index) => rest[index] ?? [])
    if (rest.length === 0) return
    if (attempt === polling.enqueue.attempts) throw refused(rest.length, events.length, error)
    await deps.clock.sleep(fullJitter(polling.enqueue.retry, attempt, deps.random), signal)
  }
}

async function placed(
  event: Unplaced,
  signal: AbortSignal,
  { objects, random }: EnqueueDeps,
): Promise<Envelope> {
  const { body } = event
  const inline: Envelope = { ...event, body: inlineBody(body) }
  const fits =
    body.byteLength < ingest.inlineLimitBytes / 2 ||
    (body.byteLength <= ingest.inlineLimitBytes &&
      Buffer.byteLength(encodeEnvelope(inline)) <= maxMessageBytes)
  if (fits) return inline
  const key = `${prefixes.bodies}${event.tenant}/${token128(random)}`
  try {
    await objects.put(key, body, signal)
  } catch (cause) {
    throw new SluiceError('BUFFER_UNAVAILABLE', `a large body: ${describeError(cause)}`, { cause })
  }
  return { ...event, body: { key, sha256: sha256Hex(body), bytes: body.byteLength } }
}

function refused(left: number, all: number, cause: unknown): SluiceError {
  const reason = cause === undefined ? '' : `: ${describeError(cause)}`
  return new SluiceError('BUFFER_UNAVAILABLE', `the queue did not take ${left} of ${all} events${reason}`, {
    cause,
  })
}
