import type { OAuthCode } from '../providers/auth.ts'
import { findProvider } from '../providers/catalog.ts'

/** How a provider's users give access; `undefined` where they can't. */
export function codeGrantOf(provider: string): OAuthCode | undefined {
  const auth = findProvider(provider)?.auth
  return auth?.kind === 'oauth2-code' ? auth : undefined
}
