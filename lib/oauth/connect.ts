import { days, later, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import { token128 } from '../primitives/random.ts'
import type { Installation } from '../providers/auth-words.ts'
import type { OAuthCode } from '../providers/auth.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { Connection } from '../vault/connection.ts'
import { accountOf, secondAccount, subjectOf } from './account.ts'
import { delegatedGrant } from './app-grants.ts'
import type { BeginDeps } from './begin.ts'
import type { OAuthClient } from './client.ts'
import type { ConnectLink } from './connect-store.ts'
import { installationGrant, isUsersInstallation } from './installation.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { hasAll, wantedScopes } from './scopes.ts'
import type { Grant } from './token-answer.ts'
import { sealGrant } from './token-store.ts'

export type ConnectDeps = Omit<BeginDeps, 'store' | 'redirectUri'> &
  Omit<RefreshDeps, 'guard' | 'escrow' | 'announce'>

export type Connected =
  | { readonly kind: 'connected'; readonly connection: Connection; readonly returnTo: string | undefined }
  /** The user, or the provider for them, said no. */
  | { readonly kind: 'denied'; readonly returnTo: string | undefined }
  /** Not a way back that began here, in this browser, within its time, and for the first time. */
  | { readonly kind: 'state_invalid' }
  | { readonly kind: 'no_client' }
  /** The provider did not give what was asked for. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly returnTo: string | undefined }

export type Refusal =
  | 'exchange_failed'
  | 'no_account'
  | 'another_account'
  | 'scopes_missing'
  | 'issuer_mismatch'

interface Granted {
  readonly link: ConnectLink
  readonly client: OAuthClient<OAuthCode>
  readonly grant: Grant
  readonly query: Readonly<Record<string, string>>
}

/** Tokens of one account, to be kept. */
interface Credential {
  readonly account: string
  readonly grant: Grant
  readonly scopes: readonly string[]
}

/** Makes connections of what a code was exchanged for. What may not be kept is given back at once: nobody else holds it. */
export async function connect(granted: Granted, deps: ConnectDeps): Promise<Connected> {
  const { link, client, grant } = granted
  const { installation } = client.auth
  if (installation) return connectInstallation(granted, installation, deps)
  const now = deps.clock.now()
  const account = await accountOf({ ...granted, now }, deps)
  const credentials = account === undefined ? [] : credentialsOf(account, granted, now)
  const why = refusalOf(credentials, granted)
  if (why) {
    for (const each of [grant, grant.second])
      if (each) await deps.revoke({ provider: link.provider }, each.tokens)
    return { kind: 'refused', why, returnTo: link.returnTo }
  }
  return keep(credentials, link, client.auth.hardExpiryDays, deps)
}

function credentialsOf(
  account: string,
  { link, client, grant }: Granted,
  now: EpochMs,
): readonly Credential[] {
  const wanted = wantedScopes(link.scopes, client.auth)
  const subject = subjectOf({ client, grant, now })
  const own = { ...grant, tokens: { ...grant.tokens, ...(subject !== undefined && { subject }) } }
  const { second: declared } = client.auth
  const second = grant.isSecond ? grant : grant.second
  const user = declared && second && secondAccount(account, readPointer(grant.answer, declared.user))
  return [
    ...(grant.isSecond ? [] : [{ account, grant: own, scopes: wanted.own }]),
    ...(second && user !== undefined ? [{ account: user, grant: second, scopes: wanted.second }] : []),
  ]
}

function refusalOf(credentials: readonly Credential[], { link, client }: Granted): Refusal | undefined {
  if (credentials.length === 0) return 'no_account'
  if (link.account !== undefined && !credentials.some(({ account }) => account === link.account))
    return 'another_account'
  const wanted = wantedScopes(link.scopes, client.auth)
  // A credential that was asked for and did not come.
  const asked = [wanted.own, wanted.second].filter((scopes) => scopes.length > 0)
  const isShort = asked.some((scopes) => !credentials.some((each) => same(each.scopes, scopes)))
  const isLess = credentials.some(({ scopes, grant }) => !hasAll(scopes, grant.scopes, client.auth))
  return isShort || isLess ? 'scopes_missing' : undefined
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join(' ') === b.join(' ')

/** The installation is one of the user's who came with the code, or it is nobody's; after that the user's tokens go back. */
async function connectInstallation(
  { link, client, grant, query }: Granted,
  installation: Installation,
  deps: ConnectDeps,
): Promise<Connected> {
  const { provider, returnTo } = link
  const account = await accountOf({ client, grant, query, now: deps.clock.now() }, deps)
  const isTheirs =
    account !== undefined &&
    (await isUsersInstallation(installation, account, grant.tokens.accessToken, deps)) === true
  await deps.revoke({ provider, proof: installation.proof }, grant.tokens)
  if (account === undefined || !isTheirs) return { kind: 'refused', why: 'no_account', returnTo }
  if (link.account !== undefined && link.account !== account)
    return { kind: 'refused', why: 'another_account', returnTo }
  const outcome = await installationGrant(client, installation, account, deps)
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'an installation gave no token', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return keep([{ account, grant: outcome.grant, scopes: [] }], link, undefined, deps)
}

/** Connects without a browser's detour: the link names the user that a service account stands for. */
export async function connectDelegated(link: ConnectLink, deps: ConnectDeps): Promise<Connected> {
  const { provider, account, scopes, returnTo } = link
  const client = await deps.clients.of(provider)
  if (client?.auth.kind !== 'delegated-jwt') return { kind: 'no_client' }
  if (account === undefined) return { kind: 'refused', why: 'no_account', returnTo }
  const outcome = await delegatedGrant({ ...client, auth: client.auth }, { account, scopes }, deps)
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'a service account gave no token', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return keep([{ account, grant: outcome.grant, scopes }], link, undefined, deps)
}

/** Saves each as a connection of its own; answers the one that was asked for, else the first. */
async function keep(
  credentials: readonly Credential[],
  link: ConnectLink,
  hardExpiryDays: number | undefined,
  deps: ConnectDeps,
): Promise<Connected> {
  const { tenant, provider } = link
  const now = deps.clock.now()
  const made: Connection[] = []
  for (const { account, grant, scopes } of credentials) {
    const id = connectionId(tenant, provider, account)
    const hard = hardExpiryDays === undefined ? {} : { hardExpiresAt: later(now, days(hardExpiryDays)) }
    const facts = await sealGrant({ id, tenant, provider }, grant, { scopes, ...hard }, deps)
    const state = link.isShared ? 'pending' : 'active'
    const connection = { id, tenant, provider, account, state, connectedAt: now, ...facts } as const
    made.push(await deps.vault.connect(connection, token128(deps.random)))
    deps.metrics.count('ConnectionMade', { provider })
    deps.log('info', 'a connection was made', { tenant, provider, connection: id })
  }
  const [first] = made
  const connection = made.find(({ account }) => account === link.account) ?? first
  return connection
    ? { kind: 'connected', connection, returnTo: link.returnTo }
    : { kind: 'refused', why: 'no_account', returnTo: link.returnTo }
}
