import type { Envelope } from '../buffer/envelope.ts'
import { describeError } from '../errors/sluice-error.ts'
import type { Log } from '../telemetry/log.ts'

/** An event that only says "look": which streams of whose account. */
export interface Hint {
  readonly tenant: string
  readonly provider: string
  readonly endpoint: string
  /** What the event says of its account. */
  readonly account?: string
  /** Names of polls. */
  readonly streams: readonly string[]
  /** When it was received: a poll that began later has seen what it is about. */
  readonly at: Envelope['receivedAt']
}

export interface Hints {
  /** Names of the polls that an event of this type asks for; none where nothing of the provider is polled. */
  readonly of: (provider: string, type: string) => readonly string[]
  /** Puts it on the queue of polls. */
  readonly send: (hint: Hint) => Promise<void>
}

export interface HintDeps {
  readonly hints: Hints
  readonly log: Log
}

/**
 * Asks for the polls that a webhook is a hint for: one message for an event, at its first attempt. What a poll has found is
 * none, nor is a replay. A hint that can't be sent is logged: the streams have turns of their own.
 */
export async function noteHint(
  envelope: Envelope,
  attempts: number,
  { hints, log }: HintDeps,
): Promise<void> {
  const { tenant, provider, endpoint, account, via, type, receivedAt, redrive } = envelope
  if ((via !== 'webhook' && via !== 'bus') || attempts > 1 || redrive !== undefined) return
  const streams = hints.of(provider, type)
  if (streams.length === 0) return
  try {
    const at = receivedAt
    await hints.send({ tenant, provider, endpoint, ...(account !== undefined && { account }), streams, at })
  } catch (error) {
    log('warn', 'polls could not be asked for; their turns come', {
      eventId: envelope.id,
      tenant,
      provider,
      error: describeError(error),
    })
  }
}
