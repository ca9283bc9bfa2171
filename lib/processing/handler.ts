import type { CallOptions } from '../outbound/connection-fetch.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { ConnectionRef } from '../outbound/sluice.ts'
import type { Log } from '../telemetry/log.ts'

/**
 * One fact, as a CloudEvents 1.0 envelope.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface SluiceEvent<Data = unknown> {
  readonly specversion: '1.0'
  /** The change key: equal for every delivery of the same fact. */
  readonly id: string
  /** `/sluice/{provider}/{tenant}` */
  readonly source: string
  /** `{provider}.{event type}` */
  readonly type: string
  readonly subject?: string
  /** The provider's time of the event, else the time of receipt; RFC 3339. */
  readonly time: string
  readonly datacontenttype: string
  /** The parsed payload: JSON where the body is JSON, form fields where it is a form, else base64 text. */
  readonly data: Data
  readonly tenant: string
  readonly connection?: string
  /** The account at the provider that the event belongs to (`acct_…`, a realm, a team), where it says one. */
  readonly account?: string
  /**
   * Which version of a thing a poll found, as the provider writes it: a poll may bring it as it was before a webhook that came
   * earlier. A handler that keeps the newest state passes over what `isNewer` says is not newer than what it has.
   */
  readonly version?: string
  readonly deliverykey: string
  readonly via: 'webhook' | 'poll' | 'bus' | 'replay'
  /** The trace of the sender's request, or one of the event's own; calls by `ctx` are part of it. */
  readonly traceparent?: string
  readonly tracestate?: string
}

export interface HandlerContext {
  /** The same for every attempt at this event: pass it on, and the effect happens once. */
  readonly idempotencyKey: string
  /** Grows with every claim of this event; a store that remembers the highest can refuse a late writer. */
  readonly fence: number
  /** 1 for the first start. */
  readonly attempt: number
  /** Aborts when the time for this attempt is over. */
  readonly signal: AbortSignal
  /** The body exactly as the provider sent it. */
  readonly rawBody: Uint8Array
  /** `fetch` bound to this attempt: refuses to start and aborts once the attempt is over or its lease is lost. */
  readonly fetch: typeof fetch
  /** Calls by connections of the event's tenant, and of no other. */
  readonly sluice: HandlerCalls
  readonly log: Log
}

/** How a handler's call is made; the rest is the worker's to say. */
export type HandlerCallOptions = Omit<CallOptions, 'keys' | 'asked'>

export interface HandlerCalls {
  /**
   * A `fetch` that calls a provider by a connection: with its credentials, under its limits, through its breaker, again where
   * that does nothing twice. It can be given to the provider's own SDK. Without a connection: that of the event's account,
   * else the only one that the tenant has at its provider. When such a call is held back or sent away, and the handler
   * fails, the event waits and no attempt is used.
   */
  fetch(connection?: ConnectionRef, options?: HandlerCallOptions): Fetch
  /** The same for `lib/outbound/operations` and the readers of lists, GraphQL and streams. */
  client(connection?: ConnectionRef, options?: HandlerCallOptions): RetryingClient
}

export type HandlerFunction<Data = unknown> = (
  event: SluiceEvent<Data>,
  ctx: HandlerContext,
) => Promise<void> | void

/** A handler with the events it wants. Made by {@link on}. */
export interface Handler {
  readonly pattern: string
  readonly name: string
  matches(type: string): boolean
  readonly run: HandlerFunction
}

export const patternGrammar = /^[A-Za-z0-9_*][A-Za-z0-9_.*:/-]{0,255}$/

/**
 * Declares what happens for events whose type matches `pattern`: exact text, with `*` for any run of characters.
 * Several handlers may match one event; each runs, in the order of the config.
 * @example
 * export default on('stripe.payment_intent.*', async (event, ctx) => { await ledger.add(ctx.idempotencyKey, event.data) })
 * @throws TypeError on a pattern that could never match.
 */
export function on<Data = unknown>(
  pattern: string,
  handler: HandlerFunction<Data>,
  name: string = pattern,
): Handler {
  if (!patternGrammar.test(pattern))
    throw new TypeError(`on(): "${pattern}" is not an event pattern such as "stripe.charge.*"`)
  return { pattern, name, matches: matcherOf(pattern), run: handler as HandlerFunction }
}

/** Whether a type is what a pattern says. */
export function matcherOf(pattern: string): (type: string) => boolean {
  const parts = pattern.split('*')
  return (type) => matchesParts(parts, type)
}

/** Linear in the length of the text: the parts must appear in order, the first at the start, the last at the end. */
function matchesParts(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts
  if (rest.length === 0) return text === first
  const last = rest.pop() ?? ''
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}
