import { oauth as limits } from '../config/defaults.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { Installation, Revocation } from '../providers/auth-words.ts'
import type { Log } from '../telemetry/log.ts'
import type { Connection, Tokens } from '../vault/connection.ts'
import type { OAuthClient, OAuthClients } from './client.ts'
import { identify } from './identify.ts'

export interface RevokeDeps {
  readonly clients: OAuthClients
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Whose tokens; without an account only the tokens themselves can be given back. */
export type Revoked = Pick<Connection, 'provider'> &
  Partial<Pick<Connection, 'account'>> & {
    /** They only proved who their user is: they go back there. */
    readonly proof?: Installation['proof']
  }

/**
 * Gives tokens back to the provider where it has an address for that, by RFC 7009 or the provider's own way. Never throws:
 * what the provider did not hear is logged.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export function revoker(deps: RevokeDeps) {
  return async (whose: Revoked, tokens: Tokens): Promise<void> => {
    const { provider } = whose
    const deadline = deadlineAfter(deps.clock, ms(limits.requestMs / 2))
    try {
      const client = await deps.clients.of(provider)
      const { revokeUrl: url, revocation } = whose.proof ?? client?.auth ?? {}
      const request = client && requestFor({ client, whose, tokens, revocation }, deps)
      if (url === undefined || !request) return
      const sent = send(url, { ...request, redirect: 'manual', signal: deadline.signal }, deps.fetch)
      const { isTaken, status } = await raceSignal(sent, deadline.signal)
      if (!isTaken) deps.log('warn', 'a provider did not take tokens back', { provider, status })
    } catch {
      deps.log('warn', 'a provider did not take tokens back', { provider })
    } finally {
      deadline.end()
    }
  }
}

interface Giving {
  readonly client: OAuthClient
  readonly whose: Revoked
  readonly tokens: Tokens
  readonly revocation: Revocation | undefined
}

/** `undefined` where the provider ends an account's grant, and the account is not known. */
function requestFor(giving: Giving, deps: RevokeDeps): RequestInit | undefined {
  const { client, whose, tokens, revocation: own } = giving
  const form = new URLSearchParams()
  if (!own) {
    // The refresh token where there is one: that ends the whole grant.
    form.set('token', tokens.refreshToken ?? tokens.accessToken)
    const shown = identify(form, client, deps)
    return formRequest(form, shown)
  }
  const values = { access_token: tokens.accessToken, account: whose.account, client_id: client.clientId }
  for (const [name, of] of Object.entries(own.fields)) {
    const value = values[of]
    if (value === undefined) return undefined
    form.set(name, value)
  }
  const shown = authorizationFor(giving, own, deps)
  if (own.method === 'POST') return formRequest(form, shown)
  const said = Object.fromEntries(form)
  return {
    method: own.method,
    headers: { 'content-type': 'application/json', 'user-agent': 'sluice', ...shown },
    ...(Object.keys(said).length > 0 && { body: JSON.stringify(said) }),
  }
}

const formRequest = (form: URLSearchParams, shown: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...shown },
  body: form.toString(),
})

function authorizationFor(
  { client, tokens }: Giving,
  { who }: Revocation,
  deps: RevokeDeps,
): Readonly<Record<string, string>> {
  if (who === 'token') return {}
  if (who === 'bearer') return { authorization: `Bearer ${tokens.accessToken}` }
  if (who === 'secret') return { authorization: `Bearer ${client.clientSecret.reveal()}` }
  const auth = { ...client.auth, clientAuth: 'basic' } as const
  return identify(new URLSearchParams(), { ...client, auth: auth as typeof client.auth }, deps)
}

/** Slack says no under 200. */
async function send(
  url: string,
  init: RequestInit,
  ask: typeof fetch,
): Promise<{ readonly isTaken: boolean; readonly status: number }> {
  const answer = await ask(url, init)
  const text = await boundedText(answer, limits.maxAnswerBytes)
  return { isTaken: answer.ok && !saysNo(text), status: answer.status }
}

function saysNo(text: string): boolean {
  try {
    return readPointer(JSON.parse(text), '/ok') === false
  } catch {
    return false
  }
}
