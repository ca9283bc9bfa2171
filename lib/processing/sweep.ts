import type { Buffer as EventBuffer } from '../buffer/buffer.ts'
import type { DeadLetter, DeadLetterQueue } from '../buffer/dead-letter-queue.ts'
import { decodeEnvelope, type Envelope } from '../buffer/envelope.ts'
import { prefixes } from '../config/names.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { buryCrashed, buryMessage, type BuryDeps } from './ledger-entry.ts'

export interface SweepDeps extends BuryDeps {
  readonly buffer: EventBuffer
  readonly deadLetterQueues: readonly DeadLetterQueue[]
  readonly log: Log
  readonly metrics: Metrics
}

const pageSize = 100

/** Puts envelopes that the queue did not take back on it, oldest first. One is deleted only after the queue has it. */
export async function sweepSpill(signal: AbortSignal, deps: SweepDeps): Promise<number> {
  let swept = 0
  for (;;) {
    const keys = await deps.objects.list(prefixes.spill, pageSize, signal)
    for (const key of keys) {
      const bytes = await deps.objects.get(key, signal)
      if (bytes) await requeue(Buffer.from(bytes).toString('utf8'), signal, deps)
      await deps.objects.delete(key, signal)
      swept += 1
    }
    if (keys.length < pageSize) break
  }
  if (swept > 0) {
    deps.metrics.count('SpillSwept', {}, swept)
    deps.log('info', 'spilled events are back on the queue', { count: swept })
  }
  return swept
}

async function requeue(message: string, signal: AbortSignal, deps: SweepDeps): Promise<void> {
  const envelope = readable(message)
  await deps.buffer.sendText(message, envelope?.tenant ?? 'unknown', signal)
}

/** Turns what crashed its workers until the queue gave up into dead records, where it can be seen and redriven. */
export async function sweepDeadLetters(signal: AbortSignal, deps: SweepDeps): Promise<number> {
  let swept = 0
  for (const queue of deps.deadLetterQueues) {
    for (;;) {
      const letters = await queue.receive(signal)
      for (const letter of letters) {
        // Someone is at work on it, or it can't be written down: it stays here until the next round.
        if ((await bury(letter, deps)) === 'busy') continue
        await queue.delete(letter, signal)
        swept += 1
      }
      if (letters.length === 0) break
    }
  }
  if (swept > 0)
    deps.log('error', 'messages that crashed their workers are dead letters now', { count: swept })
  return swept
}

async function bury({ body }: DeadLetter, deps: SweepDeps): Promise<'settled' | 'busy'> {
  try {
    const envelope = readable(body)
    return await (envelope ? buryCrashed(envelope, deps) : buryMessage(body, deps))
  } catch (error) {
    deps.log('error', 'a dead letter could not be written down', { error: describeError(error) })
    return 'busy'
  }
}

function readable(message: string): Envelope | undefined {
  try {
    return decodeEnvelope(message)
  } catch (error) {
    if (error instanceof SluiceError) return undefined
    throw error
  }
}
