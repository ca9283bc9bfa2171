import { oauth as limits } from '../config/defaults.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import type { Clock } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Secret } from '../primitives/secret.ts'
import type { OAuthCode, OAuthGrant } from '../providers/auth.ts'
import { readTokenAnswer, type TokenOutcome } from './token-answer.ts'

export interface TokenEndpointDeps {
  readonly fetch: typeof fetch
  readonly clock: Clock
}

/** Who asks. */
export interface Asker {
  readonly clientId: string
  readonly clientSecret: Secret
  readonly auth: OAuthCode | OAuthGrant
}

/**
 * One POST to a token endpoint. No redirect is followed, as it would carry the secret along; at most 64 KB are read, opened;
 * the whole takes at most {@link limits.requestMs}. Never throws, and no outcome holds what the server wrote in words.
 */
export async function askTokenEndpoint(
  { clientId, clientSecret, auth }: Asker,
  parameters: Readonly<Record<string, string>>,
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> {
  const form = new URLSearchParams(parameters)
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...identify(form, { clientId, clientSecret, auth }),
  })
  const deadline = deadlineAfter(deps.clock, limits.requestMs)
  try {
    const { signal } = deadline
    const init = { method: 'POST', headers, body: form.toString(), redirect: 'manual', signal } as const
    const answered = raceSignal(post(auth.tokenUrl, init, deps.fetch), signal)
    const { status, text, contentType } = await answered
    if (status >= 300 && status < 400) return { kind: 'misconfigured', error: 'provider_redirected' }
    const answer = parsed(text, contentType)
    if (answer === undefined && status < 500) return { kind: 'unavailable', error: 'provider_bad_response' }
    return readTokenAnswer(status, answer, auth)
  } catch {
    // What was thrown may quote the request.
    return { kind: 'unavailable', error: deadline.signal.aborted ? 'timeout' : 'network' }
  } finally {
    deadline.end()
  }
}

/**
 * Puts into `form`, or the headers it gives, who asks. A public client has no secret and names itself.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function identify(
  form: URLSearchParams,
  { clientId, clientSecret, auth }: Asker,
): Readonly<Record<string, string>> {
  if (auth.clientAuth !== 'basic') {
    if (auth.clientAuth === 'body' || auth.kind === 'oauth2-code') form.set('client_id', clientId)
    if (auth.clientAuth === 'body') form.set('client_secret', clientSecret.reveal())
    return {}
  }
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret.reveal())}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2)

interface Answered {
  readonly status: number
  readonly text: string
  readonly contentType: string
}

async function post(url: string, init: RequestInit, ask: typeof fetch): Promise<Answered> {
  const answer = await ask(url, init)
  return {
    status: answer.status,
    text: await boundedText(answer, limits.maxAnswerBytes),
    contentType: answer.headers.get('content-type') ?? '',
  }
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
