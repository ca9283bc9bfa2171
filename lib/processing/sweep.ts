import type { Buffer as EventBuffer } from '../buffer/buffer.ts'
import type { DeadLetter, DeadLetterQueue } from '../buffer/dead-letter-queue.ts'
import { sweepConcurrency } from '../config/defaults.ts'
import { prefixes } from '../config/names.ts'
import { describeError, errorName } from '../errors/sluice-error.ts'
import type { Burial } from '../idempotency/claims.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { BusIntakeDeps } from './bus-intake.ts'
import { buryLost, buryMessage, type BuryDeps } from './ledger-entry.ts'
import { readMessage } from './read-message.ts'

export interface SweepDeps extends BuryDeps, BusIntakeDeps {
  readonly buffer: EventBuffer
  readonly deadLetterQueues: readonly DeadLetterQueue[]
  readonly log: Log
  readonly metrics: Metrics
}

const pageSize = 100

/**
 * Puts envelopes that the queue did not take back on it, oldest first. One is deleted only after the queue has it; one
 * that fails stays for the next round and does not hold up the others.
 */
export async function sweepSpill(signal: AbortSignal, deps: SweepDeps): Promise<number> {
  let swept = 0
  for (;;) {
    const keys = await deps.objects.list(prefixes.spill, pageSize, signal)
    const errors: unknown[] = []
    await mapBounded(keys, sweepConcurrency, (key) =>
      putBack(key, signal, deps).catch((error: unknown) => void errors.push(error)),
    )
    swept += keys.length - errors.length
    if (errors.length > 0) {
      deps.log('warn', 'spilled events could not be put back', {
        count: errors.length,
        error: describeError(errors[0]),
      })
    }
    if (keys.length < pageSize || errors.length === keys.length) break
  }
  if (swept > 0) {
    deps.metrics.count('SpillSwept', {}, swept)
    deps.log('info', 'spilled events are back on the queue', { count: swept })
  }
  return swept
}

async function putBack(key: string, signal: AbortSignal, deps: SweepDeps): Promise<void> {
  const bytes = await deps.objects.get(key, signal)
  if (bytes) await requeue(Buffer.from(bytes).toString('utf8'), signal, deps)
  await deps.objects.delete(key, signal)
}

/** What SQS says of a message that it will never take. */
const refusals = new Set(['InvalidMessageContents', 'InvalidParameterValue'])

async function requeue(message: string, signal: AbortSignal, deps: SweepDeps): Promise<void> {
  try {
    await deps.buffer.sendText(message, readMessage(message, deps)?.tenant ?? 'unknown', signal)
  } catch (error) {
    if (!refusals.has(errorName(error) ?? '')) throw error
    if ((await bury(message, 'queue_refused', deps)) !== 'settled') throw error
  }
}

/** Turns what crashed its workers until the queue gave up into dead records, where it can be seen and redriven. */
export async function sweepDeadLetters(signal: AbortSignal, deps: SweepDeps): Promise<number> {
  let swept = 0
  for (const queue of deps.deadLetterQueues) {
    for (;;) {
      const letters = await queue.receive(signal)
      const gone = await mapBounded(letters, sweepConcurrency, (letter) =>
        settle(letter, queue, signal, deps),
      )
      swept += gone.filter(Boolean).length
      if (letters.length === 0) break
    }
  }
  if (swept > 0)
    deps.log('error', 'messages that crashed their workers are dead letters now', { count: swept })
  return swept
}

/** `false`: someone is at work on it, or it can't be written down; it stays where it is until the next round. */
async function settle(
  letter: DeadLetter,
  queue: DeadLetterQueue,
  signal: AbortSignal,
  deps: SweepDeps,
): Promise<boolean> {
  try {
    if ((await bury(letter.body, 'crashed_repeatedly', deps)) !== 'settled') return false
  } catch (error) {
    deps.log('error', 'a dead letter could not be written down', { error: describeError(error) })
    return false
  }
  await queue.delete(letter, signal)
  return true
}

async function bury(message: string, reason: string, deps: SweepDeps): Promise<Burial> {
  const envelope = readMessage(message, deps)
  const burial = await (envelope ? buryLost(envelope, reason, deps) : buryMessage(message, deps))
  if (burial === 'settled') deps.metrics.count('EventDead', { provider: envelope?.provider ?? 'unknown' })
  return burial
}
