/** Where a queue puts messages whose consumers crashed too often. */
export interface DeadLetterQueue {
  /** Up to ten messages, hidden from others for a minute. */
  receive(signal: AbortSignal): Promise<readonly DeadLetter[]>
  delete(letter: DeadLetter, signal: AbortSignal): Promise<void>
}

export interface DeadLetter {
  readonly body: string
  readonly receiptHandle: string
}
