import type { Buffer as EventBuffer } from '../buffer/buffer.ts'
import { encodeEnvelope, type Envelope } from '../buffer/envelope.ts'
import { worker } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { elapsed, ms, type Clock, type Millis } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import type { Log } from '../telemetry/log.ts'
import type { Processed } from './settle.ts'
import type { TimeLimit } from './time-limit.ts'

export interface ElementDeps {
  /** Handles one element here and now; without it, each gets a message of its own. */
  readonly process?: (element: Envelope) => Promise<Processed>
  /** Where what must wait goes, as a message of its own. */
  readonly queue: Pick<EventBuffer, 'send'>
  readonly clock: Clock
  readonly log: Log
}

/** What SQS takes in one message. */
const maxMessageBytes = 1_048_576

/**
 * Takes each element of a batch to its outcome, several at a time. One that must wait leaves the batch and waits as a
 * message of its own, so a bad one neither blocks nor repeats the others.
 * @returns whether nothing is left: otherwise the batch has to come back, and what is settled is passed over then
 */
export async function processElements(
  elements: readonly Envelope[],
  limit: TimeLimit,
  deps: ElementDeps,
): Promise<boolean> {
  const gone = await mapBounded(elements, worker.concurrency, async (element) => {
    const leftMs = elapsed(deps.clock.now(), limit.at) + worker.handlerMarginMs
    if (leftMs < worker.startFloorMs) return false
    const outcome = await processed(element, deps)
    return outcome.kind === 'settled' || (await handOver(element, outcome.delayMs, deps))
  })
  return gone.every(Boolean)
}

/** The Ledger being away for one element says nothing of the others. */
async function processed(element: Envelope, deps: ElementDeps): Promise<Processed> {
  if (!deps.process) return { kind: 'again', delayMs: ms(0) }
  try {
    return await deps.process(element)
  } catch (error) {
    deps.log('error', 'an element of a batch could not be processed', {
      eventId: element.id,
      tenant: element.tenant,
      provider: element.provider,
      error: describeError(error),
    })
    return { kind: 'again', delayMs: ms(1_000) }
  }
}

async function handOver(
  element: Envelope,
  delay: Millis,
  { queue, clock, log }: ElementDeps,
): Promise<boolean> {
  if (Buffer.byteLength(encodeEnvelope(element)) > maxMessageBytes) return false
  const deadline = deadlineAfter(clock, worker.handOverTimeoutMs)
  try {
    await queue.send(element, deadline.signal, delay)
    return true
  } catch (error) {
    log('warn', 'an element could not leave its batch; the batch comes back', {
      eventId: element.id,
      error: describeError(error),
    })
    return false
  } finally {
    deadline.end()
  }
}
