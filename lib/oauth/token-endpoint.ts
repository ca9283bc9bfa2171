import { oauth as limits } from '../config/defaults.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Random } from '../primitives/random.ts'
import type { AskDeps } from './ask-provider.ts'
import { identify, type Asker } from './identify.ts'
import { readTokenAnswer, type TokenOutcome } from './token-answer.ts'

export interface TokenEndpointDeps extends AskDeps {
  readonly random: Random
}

/** What a server answered; `answer` is `undefined` where that was neither JSON nor a form. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly answer: unknown
}

/**
 * One POST to a token endpoint, its answer read by the dialect of the grant. Never throws, and no outcome holds what the
 * server wrote in words.
 */
export function askTokenEndpoint(
  asker: Asker,
  parameters: Readonly<Record<string, string>>,
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> {
  const { auth } = asker
  const form = new URLSearchParams(parameters)
  const request = (): RequestInit => ({
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...('tokenHeaders' in auth && auth.tokenHeaders),
      ...identify(form, asker, deps),
    },
    body: form.toString(),
  })
  return askFor(auth.tokenUrl, request, deps, ({ status, answer }) => readTokenAnswer(status, answer, auth))
}

/**
 * POSTs for a token. No redirect is followed, as it would carry the secret along; at most 64 KB are read, opened; the whole
 * takes at most {@link limits.requestMs}. Never throws: a request that can not be made is a key that is none.
 */
export async function askFor(
  url: string,
  request: () => RequestInit,
  deps: AskDeps,
  read: (answered: Answered) => TokenOutcome,
): Promise<TokenOutcome> {
  let init: RequestInit
  try {
    init = request()
  } catch {
    // What was thrown may quote the key.
    return { kind: 'misconfigured', error: 'unusable_key' }
  }
  const deadline = deadlineAfter(deps.clock, limits.requestMs)
  try {
    const { signal } = deadline
    const sent = post(url, { ...init, method: 'POST', redirect: 'manual', signal }, deps.fetch)
    const answered = await raceSignal(sent, signal)
    const { status } = answered
    if (status >= 300 && status < 400) return { kind: 'misconfigured', error: 'provider_redirected' }
    if (answered.answer === undefined && status < 500)
      return { kind: 'unavailable', error: 'provider_bad_response' }
    return read(answered)
  } catch {
    // What was thrown may quote the request.
    return { kind: 'unavailable', error: deadline.signal.aborted ? 'timeout' : 'network' }
  } finally {
    deadline.end()
  }
}

async function post(url: string, init: RequestInit, ask: typeof fetch): Promise<Answered> {
  const response = await ask(url, init)
  const { status, headers } = response
  const text = await boundedText(response, limits.maxAnswerBytes)
  return { status, headers, answer: parsed(text, headers.get('content-type') ?? '') }
}

/** JSON, or a form where the server says so; `undefined` for anything else. */
function parsed(text: string, contentType: string): unknown {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType))
    return Object.fromEntries(new URLSearchParams(text))
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
