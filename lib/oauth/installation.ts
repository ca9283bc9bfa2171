import { elapsed, epochMs, toSeconds, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { Installation } from '../providers/auth-words.ts'
import type { OAuthCode } from '../providers/auth.ts'
import type { OAuthClient } from './client.ts'
import { askProvider, type AskDeps } from './ask-provider.ts'
import { signedJwt, type SigningKey } from './signed-jwt.ts'
import { isTokenText, type TokenOutcome } from './token-answer.ts'
import { askFor, type Answered, type TokenEndpointDeps } from './token-endpoint.ts'

/**
 * Asks for a token of one installation of an App. Such a token can be had again at any time, and none before it dies by it.
 * @see https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
export function installationGrant(
  { clientId, privateKey }: OAuthClient<OAuthCode>,
  { tokenUrl }: Installation,
  account: string,
  deps: TokenEndpointDeps,
): Promise<TokenOutcome> {
  const now = deps.clock.now()
  const request = (): RequestInit => {
    if (!privateKey) throw new Error('there is no private key')
    const authorization = `Bearer ${appJwt(clientId, privateKey, now)}`
    return { headers: { accept: 'application/vnd.github+json', 'user-agent': 'sluice', authorization } }
  }
  const url = tokenUrl.replace('{account}', encodeURIComponent(account))
  return askFor(url, request, deps, (answered) => readInstallationAnswer(answered, now))
}

/** Who the App is, for ten minutes at most; from a minute ago, for clocks that differ. */
function appJwt(issuer: string, key: SigningKey, now: EpochMs): string {
  const seconds = toSeconds(now)
  return signedJwt({ iss: issuer, iat: seconds - 60, exp: seconds + 540 }, key)
}

const longestSeconds = 3_600

function readInstallationAnswer({ status, headers, answer }: Answered, now: EpochMs): TokenOutcome {
  if (status !== 201 && status !== 200) return refusalOf(status, headers, readPointer(answer, '/message'))
  const [token, expires] = [readPointer(answer, '/token'), readPointer(answer, '/expires_at')]
  if (!isTokenText(token)) return { kind: 'unavailable', error: 'provider_bad_response' }
  const said = typeof expires === 'string' ? elapsed(now, epochMs(Date.parse(expires))) / 1_000 : Number.NaN
  const lifetimeSeconds = said > 0 ? Math.min(Math.floor(said), longestSeconds) : longestSeconds
  const scopes = permissionsIn(answer)
  return {
    kind: 'granted',
    grant: {
      tokens: { accessToken: token, tokenType: 'Bearer' },
      lifetimeSeconds,
      isRenewable: true,
      ...(scopes && { scopes }),
      answer,
    },
  }
}

/** 404: uninstalled. 403: suspended, unless there were too many requests. An App that is not known gets 404 too, and 401 for a wrong key. */
function refusalOf(status: number, headers: Headers, message: unknown): TokenOutcome {
  const said = typeof message === 'string' ? message : ''
  if (status >= 500 || status === 429) return { kind: 'unavailable', error: `status ${status}` }
  const isLimited = headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'
  if (status === 403 && (isLimited || /rate limit/i.test(said)))
    return { kind: 'unavailable', error: 'rate_limited' }
  if (status === 403 && /suspended/i.test(said))
    return { kind: 'refused', error: 'installation_suspended', cause: 'installation_suspended' }
  if (status === 404 && !/^integration/i.test(said))
    return { kind: 'refused', error: 'installation_gone', cause: 'installation_gone' }
  return { kind: 'misconfigured', error: `status ${status}` }
}

/** `contents:read`: each permission and how far it goes. */
function permissionsIn(answer: unknown): readonly string[] | undefined {
  const given = readPointer(answer, '/permissions')
  if (typeof given !== 'object' || given === null) return undefined
  return Object.entries(given).flatMap(([name, access]) =>
    typeof access === 'string' && /^\w+$/.test(`${name}${access}`) ? [`${name}:${access}`] : [],
  )
}

const mostPages = 10
const pageSize = 100

/**
 * Whether the provider's list for this user has the installation. `undefined`: it could not be asked.
 * @see https://docs.github.com/en/rest/apps/installations#list-app-installations-accessible-to-the-user-access-token
 */
export async function isUsersInstallation(
  { proof }: Installation,
  account: string,
  accessToken: string,
  deps: AskDeps,
): Promise<boolean | undefined> {
  for (let page = 1; page <= mostPages; page += 1) {
    const url = new URL(proof.url)
    url.searchParams.set('page', String(page))
    const items = readPointer(await askProvider(url.href, accessToken, deps), proof.items)
    if (!Array.isArray(items)) return undefined
    if (items.some((item) => String(readPointer(item, proof.pointer)) === account)) return true
    if (items.length < pageSize) return false
  }
  return false
}
