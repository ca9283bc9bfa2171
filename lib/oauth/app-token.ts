import { oauth as limits } from '../config/defaults.ts'
import { elapsed, later, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { OAuthGrant } from '../providers/auth.ts'
import { appGrant } from './app-grants.ts'
import type { OAuthClient } from './client.ts'
import type { TokenEndpointDeps } from './token-endpoint.ts'

export type AppTokenOutcome =
  | { readonly kind: 'token'; readonly accessToken: Secret }
  | { readonly kind: 'misconfigured'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string }

/** Tokens of grants without a user: of PayPal, MyCarrierPackets, Firebase. */
export interface AppTokens {
  /** `rejected` is the very token that the provider has just refused: then a new one is asked for. */
  get(provider: string, rejected?: Secret): Promise<AppTokenOutcome>
}

export interface AppTokenDeps extends TokenEndpointDeps {
  readonly clientOf: (provider: string) => Promise<OAuthClient<OAuthGrant> | undefined>
}

interface Kept {
  readonly accessToken: Secret
  readonly from: EpochMs
  readonly until: EpochMs
}

/**
 * Such a token can be had again at any time, so it is kept in memory alone: one request for all callers of a process, renewed
 * at 80% of its lifetime, and served on until its end while the provider is away.
 */
export function appTokens(deps: AppTokenDeps): AppTokens {
  const memory = new Map<string, Kept>()
  const asking = new Map<string, Promise<AppTokenOutcome>>()
  const once = (provider: string): Promise<AppTokenOutcome> => {
    const running = asking.get(provider) ?? ask(provider, memory, deps).finally(() => asking.delete(provider))
    asking.set(provider, running)
    return running
  }
  return {
    async get(provider, rejected) {
      const found = memory.get(provider)
      const kept = found?.accessToken.reveal() === rejected?.reveal() ? undefined : found
      const now = deps.clock.now()
      if (kept && now < later(kept.from, elapsed(kept.from, kept.until) * limits.refreshAt))
        return given(kept)
      const outcome = await once(provider)
      const isGood = kept && elapsed(now, kept.until) > limits.marginMs
      return outcome.kind === 'unavailable' && isGood ? given(kept) : outcome
    },
  }
}

const given = ({ accessToken }: Kept): AppTokenOutcome => ({ kind: 'token', accessToken })

async function ask(
  provider: string,
  memory: Map<string, Kept>,
  deps: AppTokenDeps,
): Promise<AppTokenOutcome> {
  const client = await deps.clientOf(provider)
  if (!client) return { kind: 'misconfigured', error: 'no_client' }
  const outcome = await appGrant(client, deps)
  if (outcome.kind !== 'granted') {
    return { kind: outcome.kind === 'unavailable' ? 'unavailable' : 'misconfigured', error: outcome.error }
  }
  const { tokens, lifetimeSeconds = 0 } = outcome.grant
  const from = deps.clock.now()
  const kept = {
    accessToken: new Secret(tokens.accessToken),
    from,
    until: later(from, lifetimeSeconds * 1_000),
  }
  memory.set(provider, kept)
  return given(kept)
}
