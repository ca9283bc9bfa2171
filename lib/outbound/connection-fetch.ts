import { outbound as limits } from '../config/defaults.ts'
import { ms, type Millis } from '../primitives/clock.ts'
import { deadlineAfter, type Deadline } from '../primitives/deadline.ts'
import { timerMs, whole } from '../primitives/options.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { likeFetched } from './answer-buffer.ts'
import { makeCall, type Called, type Call, type CallDeps } from './call.ts'
import { withoutEcho } from './echo.ts'
import type { Fetch } from './fetch-shape.ts'
import { answerKey, type AnswerAges, type Answered, type LastAnswers } from './last-answers.ts'
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
  readonly timeoutMs?: number
  /** Most attempts, the first one included. Default 3. */
  readonly attempts?: number
  /** Default 10 MiB, counted after inflating. */
  readonly maxBodyBytes?: number
  /** Where keys come from, for providers that do nothing twice under one key. */
  readonly keys?: IdempotencyKeys
  /** Reads may be answered by the last good answer of this process. Default: never. */
  readonly fallback?: AnswerAges
  /** Masks the call's own credentials in the answer, which is read whole for that. Default: the answer streams as it came. */
  readonly withoutEcho?: boolean
  /** Told how long to wait when a call failed because its provider is ill, whatever the call ends with. */
  readonly asked?: (waitMs: Millis) => void
}

export interface ConnectionDeps extends CallDeps {
  /** Where answers are kept for {@link CallOptions.fallback}. */
  readonly answers?: LastAnswers
}

/** @throws TypeError or RangeError that names the option. */
export function checkCallOptions({ timeoutMs, attempts, maxBodyBytes }: CallOptions): void {
  if (timeoutMs !== undefined) timerMs('timeoutMs', timeoutMs)
  if (attempts !== undefined) whole('attempts', attempts, 1)
  if (maxBodyBytes !== undefined) whole('maxBodyBytes', maxBodyBytes, 0)
}

/**
 * A `fetch` that calls one connection's provider: with its credentials, under its limits, through its breaker, again where that
 * does nothing twice. Paths begin at the provider's API. Answers are handed over as they are, failures too; their headers
 * `sluice-attempts` and `sluice-source` say how they came.
 *
 * It throws `ApiError` where there is no answer (`unreachable`, `held`, `disconnected`), `SluiceError` `ADDRESS_REFUSED` or
 * `ANSWER_REFUSED`, and the reason of a signal or of the deadline. A wrong option is a `TypeError` or `RangeError` at once.
 */
export function connectionFetch<C extends Credentials>(
  caller: Caller<C>,
  options: CallOptions,
  deps: ConnectionDeps,
): Fetch {
  checkCallOptions(options)
  return async (input, init) => {
    const asked = await readRequest(input, init, caller.api, await caller.address())
    const ask = (): Promise<Answered> => answered(caller, asked, options, deps)
    const key = options.fallback && answerKey(caller.connection, asked.request)
    return options.fallback && deps.answers && key !== undefined
      ? deps.answers.get(key, options.fallback, ask)
      : (await ask()).response
  }
}

async function answered<C extends Credentials>(
  caller: Caller<C>,
  asked: Asked,
  options: CallOptions,
  deps: CallDeps,
): Promise<Answered> {
  const deadline = deadlineAfter(deps.clock, budgetOf(asked, options), asked.signal)
  try {
    const called = await makeCall(callOf(caller, asked, deadline, options), deps)
    if (!called.response) throw called.error ?? new Error('a call ended without an answer')
    const response = handedOver(called.response, called, asked, deadline)
    if (!options.withoutEcho) return { response, error: called.error }
    return { response: await withoutEcho(response, called.credentials), error: called.error }
  } catch (error) {
    deadline.end()
    throw error
  }
}

const budgetOf = ({ request }: Asked, { timeoutMs }: CallOptions): Millis =>
  timeoutMs === undefined
    ? request.method === 'GET' || request.method === 'HEAD'
      ? limits.readMs
      : limits.writeMs
    : ms(timeoutMs)

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
  // Ours to say.
  for (const name of answer.headers.keys()) if (name.startsWith('sluice-')) headers.delete(name)
  headers.set('sluice-attempts', String(attempts))
  headers.set('sluice-source', 'live')
  if (error?.action === 'wait' || (error?.retryable && error.retryAfterMs !== undefined))
    headers.set(waitHeader, String(error.retryAfterMs ?? 0))
  const body = answer.body && untilRead(answer.body, () => deadline.end())
  // A failure has been read to tell what it means.
  if (!body || error) deadline.end()
  // SDKs read where an answer is from.
  return likeFetched(new Response(body, { status, statusText, headers }), {
    url: answer.redirected ? answer.url : asked.request.url.href,
    redirected: answer.redirected,
  })
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
