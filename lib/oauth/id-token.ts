import { later, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'

/** How far a provider's clock may be ahead of ours, or behind it. */
const leewayMs = 60_000

/**
 * The claims of an ID token that came straight from the token endpoint over TLS, which stands in for its signature
 * (OpenID Connect Core 3.1.3.7, point 6). `undefined` for what is no token, is for another client, from another
 * issuer than the known one, or out of its time.
 */
export function idTokenClaims(
  token: string,
  {
    clientId,
    issuer,
    now,
  }: { readonly clientId: string; readonly issuer?: string | undefined; readonly now: EpochMs },
): Readonly<Record<string, unknown>> | undefined {
  const claims = unjudgedClaims(token)
  const [audience, expires] = [readPointer(claims, '/aud'), readPointer(claims, '/exp')]
  const [from, party] = [readPointer(claims, '/iss'), readPointer(claims, '/azp')]
  const isOurs = Array.isArray(audience) ? audience.includes(clientId) : audience === clientId
  const isCurrent = typeof expires === 'number' && later(now, -leewayMs) < expires * 1_000
  const isFromThere = issuer === undefined || from === issuer
  return isOurs && isFromThere && isCurrent && (party === undefined || party === clientId)
    ? claims
    : undefined
}

/** To compare with what is known, never to learn from: a refresh may bring an ID token of long ago. */
export function unjudgedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
