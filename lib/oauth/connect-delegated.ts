import { token128 } from '../primitives/random.ts'
import type { Delegation } from '../providers/auth.ts'
import { delegatedGrant } from './app-grants.ts'
import type { OAuthClient } from './client.ts'
import { noted, type Connected, type ConnectDeps, type Flow } from './flow.ts'
import { keepGrants } from './keep-grants.ts'

/** Connects without a browser's detour: the link that a state was made of names the user that a service account stands for. */
export async function connectDelegated(
  stateId: string,
  client: OAuthClient<Delegation>,
  deps: ConnectDeps,
): Promise<Connected> {
  const now = deps.clock.now()
  const used = await deps.store.useState(stateId, token128(deps.random), now)
  if (used.kind !== 'first') return { kind: 'state_invalid' }
  return noted({ stateId, state: used.value, now }, (flow) => asked(flow, client, deps), deps)
}

async function asked(flow: Flow, client: OAuthClient<Delegation>, deps: ConnectDeps): Promise<Connected> {
  const { provider, account, scopes, returnTo } = flow.state
  if (account === undefined) return { kind: 'refused', why: 'no_account', returnTo }
  const outcome = await delegatedGrant(client, { account, scopes }, deps)
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'a service account gave no token', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return keepGrants([{ account, grant: outcome.grant, scopes }], flow, deps)
}
