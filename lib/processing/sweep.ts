import type { Buffer as EventBuffer } from '../buffer/buffer.ts'
import type { DeadLetterQueue } from '../buffer/dead-letter-queue.ts'
import { decodeEnvelope, type Envelope } from '../buffer/envelope.ts'
import { prefixes } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
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
        const envelope = readable(letter.body)
        const buried = envelope ? await buryCrashed(envelope, deps) : await buryMessage(letter.body, deps)
        // Someone is at work on it: it stays here until the next round.
        if (buried === 'busy') continue
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

function readable(message: string): Envelope | undefined {
  try {
    return decodeEnvelope(message)
  } catch (error) {
    if (error instanceof SluiceError) return undefined
    throw error
  }
}
