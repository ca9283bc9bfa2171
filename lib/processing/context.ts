import type { Envelope } from '../buffer/envelope.ts'
import type { Claim } from '../idempotency/claims.ts'
import type { Log } from '../telemetry/log.ts'
import type { AttemptScope } from './attempt-scope.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { idempotencyKeys } from '../outbound/repeatable.ts'
import type { ConnectionRef, Sluice } from '../outbound/sluice.ts'
import { traceIdOf } from '../telemetry/trace.ts'
import type { HandlerCalls, HandlerContext, SluiceEvent } from './handler.ts'
import { traced, traceOf } from './trace.ts'

export interface ContextParts {
  readonly envelope: Envelope
  readonly raw: Uint8Array
  readonly claim: Claim
  readonly scope: AttemptScope
  readonly event: SluiceEvent
  readonly calls: CallParts
  readonly log: Log
}

export interface CallParts {
  /** Whose calls they are: each handler's are its own. */
  readonly sink: string
  readonly sluice: Sluice
  readonly apiOf: (provider: string) => ApiDeclaration | undefined
  readonly clock: Clock
  readonly random: Random
}

/** What one sink is told besides the event. What costs something is made when it is first asked for. */
export function contextOf(parts: ContextParts): HandlerContext {
  const { envelope, raw, claim, scope, log } = parts
  const idempotencyKey = envelope.replayOf ?? envelope.id
  let calls: HandlerCalls | undefined
  let copy: Uint8Array | undefined
  return {
    idempotencyKey,
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
    fetch: traced(scope.fetch, () => traceOf(envelope), parts.calls.random),
    get sluice() {
      calls ??= callsOf(idempotencyKey, parts)
      return calls
    },
    log: (level, message, fields) => {
      const traceId = traceIdOf(traceOf(envelope).traceparent)
      log(level, message, { eventId: envelope.id, traceId, ...fields })
    },
  }
}

/** A later attempt is a retry itself: its calls are not repeated on top of that. */
function callsOf(root: string, { envelope, event, claim, scope, calls }: ContextParts): HandlerCalls {
  const { sink, sluice, apiOf, clock, random } = calls
  // Two handlers that make the same call mean two.
  const keys = idempotencyKeys(JSON.stringify([root, sink]))
  const own = (): ConnectionRef => ({
    provider: providerOf(event),
    ...(event.account !== undefined && { likelyAccount: event.account }),
  })
  const fetchBy: HandlerCalls['fetch'] = (connection = own(), options = {}) =>
    scope.bind(
      traced(
        sluice.fetch(event.tenant, connection, {
          ...(claim.attempts > 1 && { attempts: 1 }),
          ...options,
          keys,
          asked: scope.askToWait,
        }),
        () => traceOf(envelope),
        random,
      ),
      connection.provider,
    )
  return {
    fetch: fetchBy,
    client: (connection = own(), options = {}) => {
      const { provider } = connection
      return { provider, api: apiOf(provider), fetch: fetchBy(connection, options), clock, random }
    },
  }
}

/** `/sluice/{provider}/{tenant}` */
const providerOf = ({ source }: SluiceEvent): string => source.split('/')[2] ?? ''
