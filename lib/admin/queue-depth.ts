/** How many messages a queue holds, as SQS estimates it. */
export interface QueueDepth {
  readonly waiting: number
  /** Being worked on. */
  readonly inFlight: number
}

/** Asks one queue. Rejects when it does not answer. */
export type QueueDepthOf = (signal: AbortSignal) => Promise<QueueDepth>
