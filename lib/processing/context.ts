import type { Envelope } from '../buffer/envelope.ts'
import type { Claim } from '../idempotency/claims.ts'
import type { Log } from '../telemetry/log.ts'
import type { AttemptScope } from './attempt-scope.ts'
import type { HandlerContext } from './handler.ts'

export interface ContextParts {
  readonly envelope: Envelope
  readonly raw: Uint8Array
  readonly claim: Claim
  readonly scope: AttemptScope
  readonly log: Log
}

/** What one sink is told besides the event. What costs something is made when it is first asked for. */
export function contextOf({ envelope, raw, claim, scope, log }: ContextParts): HandlerContext {
  let copy: Uint8Array | undefined
  return {
    idempotencyKey: envelope.replayOf ?? envelope.id,
    fence: claim.fence,
    attempt: claim.attempts,
    get signal() {
      return scope.signal
    },
    // A copy: the bytes themselves go into the Ledger, and a handler may write over what it is given.
    get rawBody() {
      copy ??= new Uint8Array(raw)
      return copy
    },
    fetch: scope.fetch,
    log,
  }
}
