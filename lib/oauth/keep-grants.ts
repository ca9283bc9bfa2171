import { describeError } from '../errors/sluice-error.ts'
import { days, later } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { Connection } from '../vault/connection.ts'
import type { NewConnection } from '../vault/vault.ts'
import { noteEnd, type Connected, type ConnectDeps, type Flow } from './flow.ts'
import type { Grant } from './token-answer.ts'
import { sealGrant } from './token-store.ts'

/** Tokens of one account, to be kept. */
export interface Credential {
  readonly account: string
  readonly grant: Grant
  readonly scopes: readonly string[]
  /** The whole grant ends then, whatever is refreshed. */
  readonly hardExpiryDays?: number | undefined
}

/**
 * Saves each as a connection of its own, and answers the one that was asked for, else the first: that is what the flow made. It
 * is saved last, so that it is proof of the others. What can't be saved is given back at once: nobody else holds it.
 */
export async function keepGrants(
  credentials: readonly Credential[],
  flow: Flow,
  deps: ConnectDeps,
): Promise<Connected> {
  const { account, returnTo } = flow.state
  const asked = credentials.find((each) => each.account === account) ?? credentials[0]
  if (!asked) return { kind: 'refused', why: 'no_account', returnTo }
  await noteEnd(flow, { kind: 'connected', connection: idOf(asked, flow) }, deps)
  const others = credentials.filter((each) => each !== asked)
  for (const [at, each] of others.entries()) {
    if (await save(each, flow, deps)) continue
    return lost([...others.slice(at), asked], flow, deps)
  }
  const connection = await save(asked, flow, deps)
  return connection ? { kind: 'connected', connection, returnTo } : lost([asked], flow, deps)
}

async function lost(unsaved: readonly Credential[], flow: Flow, deps: ConnectDeps): Promise<Connected> {
  await giveBack(unsaved, flow, deps)
  return { kind: 'refused', why: 'pending_lost', returnTo: flow.state.returnTo }
}

const idOf = ({ account }: Pick<Credential, 'account'>, { state: { tenant, provider } }: Flow): string =>
  connectionId(tenant, provider, account)

/** `undefined` when it could not be saved. */
async function save(credential: Credential, flow: Flow, deps: ConnectDeps): Promise<Connection | undefined> {
  const { tenant, provider } = flow.state
  try {
    const connection = await written(credential, flow, deps)
    deps.metrics.count('ConnectionMade', { provider })
    deps.log('info', 'a connection was made', { tenant, provider, connection: connection.id })
    return connection
  } catch (error) {
    deps.log('error', 'a grant could not be saved', { tenant, provider, error: describeError(error) })
    return undefined
  }
}

async function written(credential: Credential, flow: Flow, deps: ConnectDeps): Promise<Connection> {
  const mark = token128(deps.random)
  try {
    return await deps.vault.connect(await sealed(credential, flow, deps), mark)
  } catch (error) {
    // It may have arrived all the same.
    const standing = await standingOf(credential, flow, deps)
    if (standing !== 'unknown' && standing?.owner === mark) return standing
    throw error
  }
}

async function sealed(
  { account, grant, scopes, hardExpiryDays: hard }: Credential,
  { state, now }: Flow,
  deps: ConnectDeps,
): Promise<NewConnection> {
  const { tenant, provider, isShared } = state
  const id = connectionId(tenant, provider, account)
  const kept = { scopes, ...(hard !== undefined && { hardExpiresAt: later(now, days(hard)) }) }
  const facts = await sealGrant({ id, tenant, provider }, grant, kept, deps)
  return {
    id,
    tenant,
    provider,
    account,
    state: isShared ? 'pending' : 'active',
    connectedAt: now,
    ...facts,
  }
}

/**
 * Gives back what nobody will use. Not while its account has an older grant here, or that can't be known: many providers would
 * end that too.
 */
export async function giveBack(
  given: readonly { readonly account: string | undefined; readonly grant: Grant }[],
  flow: Flow,
  deps: ConnectDeps,
): Promise<void> {
  for (const { account, grant } of given) {
    const standing = account === undefined ? undefined : await standingOf({ account }, flow, deps)
    if (standing === undefined || (standing !== 'unknown' && !isGrant(standing)))
      await deps.revoke({ provider: flow.state.provider }, grant.tokens)
  }
}

const isGrant = ({ kind, state }: Connection): boolean => kind === 'oauth' && state !== 'deleted'

const standingOf = (
  credential: Pick<Credential, 'account'>,
  flow: Flow,
  { vault }: Pick<ConnectDeps, 'vault'>,
): Promise<Connection | 'unknown' | undefined> =>
  vault.get(flow.state.tenant, idOf(credential, flow), { consistent: true }).catch(() => 'unknown')
