import { oauth as limits } from '../config/defaults.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Log } from '../telemetry/log.ts'
import type { Connection, Tokens } from '../vault/connection.ts'
import type { OAuthClients } from './client.ts'
import { identify } from './token-endpoint.ts'

export interface RevokeDeps {
  readonly clients: OAuthClients
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
}

/**
 * Gives tokens back to the provider where it has an address for that: the refresh token where there is one, as that ends the
 * whole grant. Never throws: what the provider did not hear, its own expiry ends.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export function revoker(deps: RevokeDeps) {
  return async ({ provider }: Pick<Connection, 'provider'>, tokens: Tokens): Promise<void> => {
    const deadline = deadlineAfter(deps.clock, ms(limits.requestMs / 2))
    try {
      const client = await deps.clients.of(provider)
      const url = client?.auth.revokeUrl
      if (!client || url === undefined) return
      const form = new URLSearchParams({ token: tokens.refreshToken ?? tokens.accessToken })
      const shown = identify(form, client)
      const sent = deps.fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: deadline.signal,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...shown,
        },
        body: form.toString(),
      })
      const { ok, status } = await raceSignal(sent, deadline.signal)
      if (!ok) deps.log('warn', 'a provider did not take tokens back', { provider, status })
    } catch {
      deps.log('warn', 'a provider did not take tokens back', { provider })
    } finally {
      deadline.end()
    }
  }
}
