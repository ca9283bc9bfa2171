import type { BreakerReader } from '#lib/outbound/breaker-reader.ts'
import { epochMs, type Clock } from '#lib/primitives/clock.ts'
import type { DrainDeps } from '#lib/processing/drain.ts'
import type { ConnectionList } from '#lib/vault/connection-list.ts'

interface StandingsDeps {
  readonly breaker: BreakerReader
  readonly connections: Pick<ConnectionList, 'list'>
  readonly clock: Clock
}

/** Pages of one tenant's connections that are looked at. */
const mostPages = 5

/** Whether what events died of has ended: by the provider's breaker, or because the tenant has connected
 * it again since. */
export const standings =
  ({ breaker, connections, clock }: StandingsDeps): DrainDeps['standing'] =>
  async ({ kind, provider, tenant }) => {
    if (kind === 'provider') {
      const state = await breaker(provider)
      return state === 'closed' ? { over: clock.now() } : state === 'open' ? 'lasts' : 'ask'
    }
    let over = 0
    let after: string | undefined
    for (let page = 0; page < mostPages; page += 1) {
      const { connections: some, next } = await connections.list(tenant, after, 100)
      for (const each of some)
        if (each.provider === provider && each.state === 'active') over = Math.max(over, each.connectedAt)
      if (next === undefined) break
      after = next
    }
    return over === 0 ? 'lasts' : { over: epochMs(over) }
  }
