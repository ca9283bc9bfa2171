import type { KeyForm, OAuthCode, OAuthGrant } from '../providers/auth.ts'
import { findProvider } from '../providers/catalog.ts'

/** How a provider's users give access; `undefined` where they can't. */
export function codeGrantOf(provider: string): OAuthCode | undefined {
  const auth = findProvider(provider)?.auth
  return auth?.kind === 'oauth2-code' ? auth : undefined
}

/** How a provider lets this deployment itself in, without a user; `undefined` where it doesn't. */
export function appGrantOf(provider: string): OAuthGrant | undefined {
  const auth = findProvider(provider)?.auth
  return auth && auth.kind !== 'oauth2-code' ? auth : undefined
}

/** The forms of keys that a provider takes, the usual one first; none where it takes none. */
export const keyFormsOf = (provider: string): readonly KeyForm[] => findProvider(provider)?.keys ?? []
