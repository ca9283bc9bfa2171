import { readPointer } from '../primitives/json-pointer.ts'
import type { Installation } from '../providers/auth-words.ts'
import { accountOf, secondAccount, subjectOf, type Granted } from './account.ts'
import type { ConnectLink } from './connect-store.ts'
import type { Connected, ConnectDeps, Flow, Refusal } from './flow.ts'
import { installationGrant, isUsersInstallation } from './installation.ts'
import { giveBack, keepGrants, type Credential } from './keep-grants.ts'
import { hasAll, wantedScopes } from './scopes.ts'

/** Makes connections of what a code was exchanged for. What may not be kept is given back at once: nobody else holds it. */
export async function connect(flow: Flow, came: Omit<Granted, 'now'>, deps: ConnectDeps): Promise<Connected> {
  const { state: link, now } = flow
  const granted = { ...came, now }
  const { installation } = granted.client.auth
  if (installation) return connectInstallation(flow, granted, installation, deps)
  const parts = partsOf(await accountOf(granted, deps), link, granted)
  const credentials = parts.filter(isNamed)
  const why = refusalOf(credentials, link, granted)
  if (!why) return keepGrants(credentials, flow, deps)
  await giveBack(parts, flow, deps)
  return { kind: 'refused', why, returnTo: link.returnTo }
}

/** A credential, if its account is known. */
type Part = Omit<Credential, 'account'> & { readonly account: string | undefined }

const isNamed = (part: Part): part is Credential => part.account !== undefined

function partsOf(account: string | undefined, link: ConnectLink, granted: Granted): readonly Part[] {
  const { grant } = granted
  const { second: declared, hardExpiryDays } = granted.client.auth
  const wanted = wantedScopes(link.scopes, granted.client.auth)
  const subject = subjectOf(granted)
  const own = { ...grant, tokens: { ...grant.tokens, ...(subject !== undefined && { subject }) } }
  const second = grant.isSecond ? grant : grant.second
  const user =
    account === undefined || !declared
      ? undefined
      : secondAccount(account, readPointer(grant.answer, declared.user))
  return [
    ...(grant.isSecond ? [] : [{ account, grant: own, scopes: wanted.own, hardExpiryDays }]),
    ...(second ? [{ account: user, grant: second, scopes: wanted.second, hardExpiryDays }] : []),
  ]
}

function refusalOf(
  credentials: readonly Credential[],
  link: ConnectLink,
  { client }: Granted,
): Refusal | undefined {
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
  flow: Flow,
  granted: Granted,
  installation: Installation,
  deps: ConnectDeps,
): Promise<Connected> {
  const { provider, returnTo, account: asked } = flow.state
  const { client, grant } = granted
  const account = await accountOf(granted, deps)
  const isTheirs =
    account !== undefined &&
    (await isUsersInstallation(installation, account, grant.tokens.accessToken, deps)) === true
  await deps.revoke({ provider, proof: installation.proof }, grant.tokens)
  if (account === undefined || !isTheirs) return { kind: 'refused', why: 'no_account', returnTo }
  if (asked !== undefined && asked !== account) return { kind: 'refused', why: 'another_account', returnTo }
  const outcome = await installationGrant(client, installation, account, deps)
  if (outcome.kind !== 'granted') {
    deps.log('warn', 'an installation gave no token', { provider, reason: outcome.error })
    return { kind: 'refused', why: 'exchange_failed', returnTo }
  }
  return keepGrants([{ account, grant: outcome.grant, scopes: [] }], flow, deps)
}
