import { retry, worker } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { elapsed, later, ms, type Millis } from '../primitives/clock.ts'
import type { BusIntakeDeps } from './bus-intake.ts'
import { buryMessage } from './ledger-entry.ts'
import { processEnvelope, type ProcessDeps } from './process.ts'
import type { Processed } from './settle.ts'
import { readMessage } from './read-message.ts'
import { timeLimit, type TimeLimit } from './time-limit.ts'

/** One message as the queue hands it over. */
export interface QueuedMessage {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  /** Deliveries of this message so far, this one included. */
  readonly receiveCount: number
}

export interface BatchDeps extends ProcessDeps, BusIntakeDeps {
  /** Keeps a message out of sight for a while; never throws, the queue's own visibility timeout stands in. */
  hide(message: QueuedMessage, delay: Millis): Promise<void>
  /** What is left of the invocation, milliseconds. */
  remainingMs(): number
}

/**
 * Works through a batch, several records at a time and each on its own: one poisonous record neither blocks nor repeats
 * the others.
 * @returns the ids of the messages that must come back; the queue deletes the others
 */
export async function processBatch(
  messages: readonly QueuedMessage[],
  deps: BatchDeps,
): Promise<readonly string[]> {
  const limit = timeLimit(deps.clock, later(deps.clock.now(), deps.remainingMs() - worker.handlerMarginMs))
  const outcomes = await mapBounded(messages, worker.concurrency, async (message) => {
    const outcome = await processMessage(message, limit, deps)
    if (outcome.kind === 'again') await deps.hide(message, outcome.delayMs)
    return outcome
  })
  limit.end()
  return messages.flatMap(({ messageId }, i) => (outcomes[i]?.kind === 'settled' ? [] : [messageId]))
}

async function processMessage(message: QueuedMessage, limit: TimeLimit, deps: BatchDeps): Promise<Processed> {
  const leftMs = elapsed(deps.clock.now(), limit.at) + worker.handlerMarginMs
  // Too little time to handle it: it comes back at once, and no attempt is counted.
  if (leftMs < worker.startFloorMs) return { kind: 'again', delayMs: ms(0) }
  try {
    const envelope = readMessage(message.body, deps)
    if (envelope) return await processEnvelope(envelope, limit, deps)
    deps.log('error', 'a message is no event that this version can read', { messageId: message.messageId })
    const buried = await buryMessage(message.body, deps)
    if (buried !== 'settled') return { kind: 'again', delayMs: ms(retry.baseMs) }
    deps.metrics.count('EventDead', { provider: 'unknown' })
    return { kind: 'settled' }
  } catch (error) {
    const reason = error instanceof SluiceError ? error.code.toLowerCase() : 'unexpected'
    deps.metrics.count('EventUnprocessed', { reason })
    deps.log('error', 'an event could not be processed', {
      messageId: message.messageId,
      error: describeError(error),
    })
    return { kind: 'again', delayMs: backoff(error, message, deps) }
  }
}

/** What time alone will not mend waits as long as anything does. */
function backoff(error: unknown, { receiveCount }: QueuedMessage, { random }: BatchDeps): Millis {
  if (error instanceof SluiceError && error.consequence === 'park') return retry.capMs
  return ms(Math.max(1_000, fullJitter(retry, receiveCount, random)))
}
