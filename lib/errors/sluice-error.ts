import { scrub } from './scrub.ts'

/** What must happen to the work that failed: try again later, set aside with its reason, or drop. */
export type Consequence = 'retry' | 'park' | 'discard'

const consequences = {
  /** The queue or bucket did not take the bytes in time. */
  BUFFER_UNAVAILABLE: 'retry',
  /** The ledger did not answer, or answered with a fault. */
  LEDGER_UNAVAILABLE: 'retry',
  /** A destination refused or did not answer. */
  DESTINATION_UNAVAILABLE: 'retry',
  /** An address leads where Sluice never calls: not public, not HTTPS, or out of the hand of the one who was asked. */
  ADDRESS_REFUSED: 'park',
  /** An answer is longer than allowed, or packed in a way that nobody needs. */
  ANSWER_REFUSED: 'park',
  /** The object that a message points to could not be read for now. */
  PAYLOAD_UNAVAILABLE: 'retry',
  /** The table of connections, or the key that wraps their keys, did not answer. */
  VAULT_UNAVAILABLE: 'retry',
  /** CloudWatch did not give out what was noted. */
  METRICS_UNAVAILABLE: 'retry',
  /** A user's handler threw or overran its deadline. */
  HANDLER_FAILED: 'retry',
  /** The lease ended while the handler ran; another worker may own the event now. */
  LEASE_LOST: 'retry',
  /** The message is not an envelope that this version can read. */
  BAD_ENVELOPE: 'park',
  /** The object that a message points to does not exist. */
  PAYLOAD_MISSING: 'park',
  /** The object that a message points to has other bytes than were accepted. */
  PAYLOAD_CORRUPT: 'park',
  /** A compressed body inflates beyond the limit. */
  PAYLOAD_TOO_LARGE: 'park',
  /** A stored record has a shape that no version of Sluice wrote. */
  RECORD_CORRUPT: 'park',
  /** A sealed credential does not open: changed, moved, or its tenant was shredded. */
  SEAL_BROKEN: 'park',
  /** The deployment is set up wrongly; retrying changes nothing until someone mends it. */
  MISCONFIGURED: 'park',
} as const satisfies Record<string, Consequence>

export type ErrorCode = keyof typeof consequences

/** The one error class. `code` says what happened, `consequence` what to do with the work; messages never carry secrets or payloads. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  get consequence(): Consequence {
    return consequences[this.code]
  }
}

/**
 * A short, safe description of anything thrown: class and message of errors, the type of the rest. At most 256 characters. What
 * others write into their messages is scrubbed: an address with a key in it, a header, a person.
 */
export function describeError(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `thrown ${typeof thrown}`
    const text = `${thrown.name}: ${thrown.message}`
    return thrown instanceof SluiceError ? text.slice(0, 256) : scrub(text, 256)
  } catch {
    // Whoever throws decides what `name` and `message` are.
    return 'thrown something that can not be described'
  }
}

/** The AWS SDK's error name (`ConditionalCheckFailedException`, …), or the plain error's, or `undefined`. */
export const errorName = (thrown: unknown): string | undefined =>
  thrown instanceof Error ? thrown.name : undefined
