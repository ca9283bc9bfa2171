import { findProvider } from '#lib/providers/catalog.ts'
import type { HmacScheme } from '#lib/providers/scheme.ts'

/** How a provider signs with HMAC, where that is its way or one of its ways. */
export function hmacSchemeOf(provider: string): HmacScheme {
  const scheme = findProvider(provider)?.webhooks?.scheme
  const hmac =
    scheme && [scheme.kind === 'any' ? scheme.of : scheme].flat().find(({ kind }) => kind === 'hmac')
  if (hmac?.kind !== 'hmac') throw new Error(`${provider} does not sign with HMAC`)
  return hmac
}
