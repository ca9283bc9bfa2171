/** Hides a received message for `delayMs`, at most the twelve hours that SQS allows. */
export type Hide = (arn: string, receiptHandle: string, delayMs: number) => Promise<void>
