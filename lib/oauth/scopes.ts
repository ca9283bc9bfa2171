import type { OAuthCode } from '../providers/auth.ts'

/** What a link asks for, parted where the provider has two credentials. */
export interface Wanted {
  readonly own: readonly string[]
  readonly second: readonly string[]
}

/** The scopes of a link by the credential that they are for. */
export function wantedScopes(scopes: readonly string[], { second }: Pick<OAuthCode, 'second'>): Wanted {
  if (!second) return { own: scopes, second: [] }
  const { prefix } = second.scopes
  return {
    own: scopes.filter((scope) => !scope.startsWith(prefix)),
    second: scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length)),
  }
}

/** Names of scopes that providers answer by another name, or not at all. */
const unnamed = new Set(['openid', 'email', 'profile', 'offline_access'])

/** Whether all that was asked for was given; an answer that says nothing gave it all. */
export function hasAll(
  wanted: readonly string[],
  given: readonly string[] | undefined,
  { scopes: { within = {} } }: Pick<OAuthCode, 'scopes'>,
): boolean {
  const held = given && new Set(given.flatMap((scope) => [scope, ...(within[scope] ?? [])]))
  return wanted.every((scope) => unnamed.has(scope) || held?.has(scope) !== false)
}
