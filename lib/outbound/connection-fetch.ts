import { outbound as limits } from '../config/defaults.ts'
import type { Millis } from '../primitives/clock.ts'
import { deadlineAfter, type Deadline } from '../primitives/deadline.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { makeCall, type Called, type Call, type CallDeps } from './call.ts'
import type { Fetch } from './fetch-shape.ts'
import { sharesOf } from './limit-scopes.ts'
import type { Priority } from './limiter.ts'
import { readRequest, type ApiAddress, type Asked } from './outgoing.ts'
import { withKey, type IdempotencyKeys } from './repeatable.ts'
import type { Credentials } from './attempt.ts'

/** On an answer that says to come back later: how much later, milliseconds. */
export const waitHeader = 'sluice-wait-ms'

/** One connection as calls use it. */
export interface Caller<C extends Credentials = Credentials> {
  readonly provider: string
  /** The connection's id: what limits per connection are counted by. */
  readonly connection: string
  readonly api: ApiDeclaration | undefined
  readonly address: () => Promise<ApiAddress>
  /** @throws ApiError `disconnected` when only the account's owner can mend it, `held` while there is no valid token. */
  readonly authorize: (refused?: C) => Promise<C>
  readonly locked: (refused: C) => Promise<void>
}

export interface CallOptions {
  /** Default `interactive`. */
  readonly priority?: Priority
  /** The whole call: retries, waits and the body, milliseconds. Default 5 s to read, 10 s to write. */
  readonly timeoutMs?: Millis
  /** Most attempts, the first one included. Default 3. */
  readonly attempts?: number
  /** Default 10 MiB, counted after inflating. */
  readonly maxBodyBytes?: number
  /** Where keys come from, for providers that do nothing twice under one key. */
  readonly keys?: IdempotencyKeys
  /** Told how long to wait when a call failed because its provider is ill, whatever the call ends with. */
  readonly asked?: (waitMs: Millis) => void
}

/**
 * A `fetch` that calls one connection's provider: with its credentials, under its limits, through its breaker, again where that
 * does nothing twice. Paths begin at the provider's API. Answers are handed over as they are, failures too; their headers
 * `sluice-attempts` and `sluice-source` say how they came.
 *
 * It throws `ApiError` where there is no answer (`unreachable`, `held`, `disconnected`), `SluiceError` `ADDRESS_REFUSED` or
 * `ANSWER_REFUSED`, and the reason of a signal or of the deadline.
 */
export function connectionFetch<C extends Credentials>(
  caller: Caller<C>,
  options: CallOptions,
  deps: CallDeps,
): Fetch {
  return async (input, init) => {
    const asked = await readRequest(input, init, caller.api, await caller.address())
    const deadline = deadlineAfter(deps.clock, budgetOf(asked, options), asked.signal)
    try {
      const called = await makeCall(callOf(caller, asked, deadline, options), deps)
      if (!called.response) throw called.error ?? new Error('a call ended without an answer')
      return handedOver(called.response, called, asked, deadline)
    } catch (error) {
      deadline.end()
      throw error
    }
  }
}

const budgetOf = ({ request }: Asked, { timeoutMs }: CallOptions): Millis =>
  timeoutMs ?? (request.method === 'GET' || request.method === 'HEAD' ? limits.readMs : limits.writeMs)

function callOf<C extends Credentials>(
  caller: Caller<C>,
  asked: Asked,
  deadline: Deadline,
  options: CallOptions,
): Call<C> {
  const { provider, connection, api, authorize, locked } = caller
  const request = options.keys ? withKey(asked.request, api, options.keys) : asked.request
  return {
    provider,
    api,
    request,
    shares: sharesOf({ provider, connection, method: request.method, path: asked.path }, api),
    priority: options.priority ?? 'interactive',
    redirect: asked.redirect,
    trusted: asked.trusted,
    maxBodyBytes: options.maxBodyBytes ?? limits.maxBodyBytes,
    attempts: options.attempts ?? limits.attempts,
    deadline,
    asked: options.asked,
    authorize,
    locked,
  }
}

/** The answer as `fetch` gives it; the deadline holds until its body is read. */
function handedOver(
  answer: Response,
  { attempts, error }: Called,
  asked: Asked,
  deadline: Deadline,
): Response {
  const { status, statusText } = answer
  const headers = new Headers(answer.headers)
  headers.set('sluice-attempts', String(attempts))
  headers.set('sluice-source', 'live')
  if (error?.action === 'wait' || (error?.retryable && error.retryAfterMs !== undefined))
    headers.set(waitHeader, String(error.retryAfterMs ?? 0))
  const body = answer.body && untilRead(answer.body, () => deadline.end())
  // A failure has been read to tell what it means.
  if (!body || error) deadline.end()
  const response = new Response(body, { status, statusText, headers })
  // SDKs read it; a response that is made has none.
  Object.defineProperty(response, 'url', { value: asked.request.url.href })
  return response
}

/** The same stream; `end` is called once nobody reads it any more. */
function untilRead(body: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        end()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    cancel(reason) {
      end()
      return reader.cancel(reason)
    },
  })
}
