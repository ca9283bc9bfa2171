import { observe } from '../outbound/rate-headers.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'

/** The same client, noting how much of the provider's limit its answers say is left: a share, of the tightest of them. */
export function spareOf(client: RetryingClient): {
  readonly client: RetryingClient
  readonly left: () => number | undefined
} {
  let left: number | undefined
  return {
    left: () => left,
    client: {
      ...client,
      fetch: async (input, init) => {
        const answer = await client.fetch(input, init)
        const { limit = 0, remaining } = observe(client.api, answer.headers, client.clock.now())
        if (limit > 0 && remaining !== undefined) left = Math.min(left ?? 1, remaining / limit)
        return answer
      },
    },
  }
}
