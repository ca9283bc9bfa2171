/**
 * The claims of an ID token that came straight from the token endpoint over TLS, which stands in for its signature
 * (OpenID Connect Core 3.1.3.7, point 6). `undefined` for what is no token.
 */
export function idTokenClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
