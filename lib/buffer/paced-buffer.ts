import type { Millis } from '../primitives/clock.ts'

/** A message that is written already. */
export interface PacedMessage {
  readonly text: string
  readonly tenant: string
  /** Nobody is handed it before, 15 minutes at most. */
  readonly delayMs: Millis
}

/** Takes many messages with few requests, each for its own time. */
export interface PacedBuffer {
  /** Answers the indexes of those that were not stored. Never throws because the queue is away: then that is all of them. */
  sendPaced(
    messages: readonly PacedMessage[],
    signal: AbortSignal,
  ): Promise<{ readonly failed: readonly number[]; readonly error?: unknown }>
}
