import { outbound } from '../config/defaults.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { baseUrlOf } from '../outbound/base-url.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'

export interface LastClientDeps {
  readonly fetch: typeof fetch
  readonly fromEnvironment: (name: string) => string | undefined
  readonly clock: Clock
  readonly random: Random
}

/** What a connection that was disconnected is still let in by. */
export interface LastToken {
  readonly accessToken: string
  readonly extras?: Readonly<Record<string, string>>
}

/**
 * Calls a provider by the last token of a connection that gives nothing out any more; each call once, and to the provider's
 * first base alone.
 * @throws SluiceError `MISCONFIGURED` where there is no address for its calls.
 */
export function lastClient(
  provider: string,
  api: ApiDeclaration,
  { accessToken, extras = {} }: LastToken,
  { fetch: ask, fromEnvironment, clock, random }: LastClientDeps,
): RetryingClient {
  const base = baseUrlOf(api, { provider, params: extras, fromEnvironment })
  return {
    provider,
    api,
    clock,
    random,
    fetch: async (input, init = {}) => {
      const deadline = deadlineAfter(clock, outbound.writeMs)
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${accessToken}`)
      headers.set('user-agent', 'sluice')
      try {
        const path = input instanceof Request ? new URL(input.url).pathname : String(input)
        const answer = await ask(base + path, {
          ...init,
          headers,
          redirect: 'manual',
          signal: deadline.signal,
        })
        // Read here, so that the deadline holds for the body too.
        const text = await answer.text()
        return new Response(text === '' ? null : text, { status: answer.status, headers: answer.headers })
      } finally {
        deadline.end()
      }
    },
  }
}
