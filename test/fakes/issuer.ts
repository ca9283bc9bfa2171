import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters } from 'jose'
import { compileOidc, type Oidc, type OidcConfig } from '#lib/config/oidc.ts'
import { httpsIssuerKeys } from '#lib/access/issuer-keys.https.ts'
import type { IssuerKeys } from '#lib/access/issuer-keys.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { formatLine, type Log } from '#lib/telemetry/log.ts'

export const issuer = 'https://login.example.com/'
export const audience = 'https://sluice.example.com'
export const jwksUrl = 'https://login.example.com/jwks'

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

/** A new pair of keys of this algorithm. */
export async function signingKey(alg = 'ES256', kid = `${alg}-1`): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

type Claims = Readonly<Record<string, unknown>>

export interface GivenIssuer {
  readonly config: Oidc
  readonly keys: IssuerKeys
  /** Every address that was asked for. */
  readonly asked: string[]
  readonly lines: string[]
  /** What is published, by address; may be changed. A number is a status, an error a broken connection. */
  readonly published: Map<string, unknown>
  /** A valid token of ten minutes with these claims besides; a claim that is `undefined` is left out. */
  token(claims?: Claims, header?: Partial<JWTHeaderParameters>, key?: SigningKey): Promise<string>
}

/** An issuer that publishes `keys`, on a network that knows nobody else. */
export function givenIssuer(
  keys: readonly SigningKey[],
  clock: Clock,
  options: Partial<OidcConfig> = {},
): GivenIssuer {
  const config = compileOidc({ issuer, audience, jwksUrl, ...options } as Parameters<typeof compileOidc>[0])
  const published = new Map<string, unknown>([[jwksUrl, { keys: keys.map(({ jwk }) => jwk) }]])
  const asked: string[] = []
  const lines: string[] = []
  const fetch: typeof globalThis.fetch = async (input) => {
    const url = input as string
    asked.push(url)
    const answer = published.get(url) ?? 404
    if (answer instanceof Error) throw answer
    if (typeof answer === 'number') return new Response('', { status: answer })
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }
  const log: Log = (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-'))
  const now = (): number => Math.floor(clock.now() / 1_000)
  const [first] = keys
  return {
    config,
    published,
    asked,
    lines,
    keys: httpsIssuerKeys(config, { fetch, clock, log }),
    token: (claims = {}, header = {}, key = first) => {
      if (!key) throw new Error('no key to sign with')
      const whole = { iss: issuer, aud: audience, sub: 'ada', iat: now(), exp: now() + 600, ...claims }
      return new SignJWT(whole)
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(key.privateKey)
    },
  }
}
