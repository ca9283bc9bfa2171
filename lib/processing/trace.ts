import type { Envelope } from '../buffer/envelope.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import type { Random } from '../primitives/random.ts'
import { childOf, type Trace } from '../telemetry/trace.ts'

/**
 * The trace that an event is part of: the sender's, or one of its own. The latter is made of the event's id, which is 24 bytes of
 * a hash, so that each attempt and each delivery of the event is part of the same. Nobody is asked to keep it (flags 00).
 */
export function traceOf({ id, traceparent, tracestate }: Envelope): Trace {
  if (traceparent !== undefined) return { traceparent, ...(tracestate !== undefined && { tracestate }) }
  const bytes = Buffer.from(id.slice(4), 'base64url').toString('hex')
  return { traceparent: `00-${bytes.slice(0, 32)}-${bytes.slice(32, 48)}-00` }
}

/** A `fetch` whose requests are part of the trace, each with a parent of its own, unless they say themselves what they are part of. */
export const traced =
  (send: Fetch, trace: () => Trace, random: Random): Fetch =>
  (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    if (headers.has('traceparent')) return send(input, init)
    const { traceparent, tracestate } = trace()
    headers.set('traceparent', childOf(traceparent, random))
    if (tracestate !== undefined) headers.set('tracestate', tracestate)
    return send(input, { ...init, headers })
  }
