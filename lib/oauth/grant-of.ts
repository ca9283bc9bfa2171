import type { ConnectGrant, KeyForm, OAuthGrant } from '../providers/auth.ts'
import { findProvider } from '../providers/catalog.ts'

/** How accounts of a provider are connected; `undefined` where they can't be. */
export function connectGrantOf(provider: string): ConnectGrant | undefined {
  const auth = findProvider(provider)?.auth
  return auth?.kind === 'oauth2-code' || auth?.kind === 'delegated-jwt' ? auth : undefined
}

/** How a provider lets this deployment itself in, without a user; `undefined` where it doesn't. */
export function appGrantOf(provider: string): OAuthGrant | undefined {
  const { auth, appAuth } = findProvider(provider) ?? {}
  if (appAuth) return appAuth
  return auth?.kind === 'client-credentials' || auth?.kind === 'password' || auth?.kind === 'jwt-bearer'
    ? auth
    : undefined
}

/** The forms of keys that a provider takes, the usual one first; none where it takes none. */
export const keyFormsOf = (provider: string): readonly KeyForm[] => findProvider(provider)?.keys ?? []
