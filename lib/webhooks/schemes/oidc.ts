import { createPublicKey, verify as verifySignature, type JsonWebKey, type KeyObject } from 'node:crypto'
import { signatureTolerance } from '../../config/defaults.ts'
import { toSeconds, type EpochMs } from '../../primitives/clock.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { OidcScheme } from '../../providers/scheme.ts'
import type { Circumstances } from '../circumstances.ts'
import type { Delivery } from '../delivery.ts'
import type { SiteDocument } from '../sender-site.ts'
import { refused, valid, type Refusal, type Verdict } from '../verdict.ts'

/** Whom a token must be for, and who must have asked for it. */
interface Recipient {
  readonly audience: string
  readonly email: string
}

/**
 * An OIDC token of the provider's account for exactly this audience and service account: everyone can have a token of the
 * same issuer, so the e-mail decides. RS256 and nothing else, by a key that the issuer publishes. The body is not signed.
 * @see https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-7.2
 */
export async function verifyOidc(
  scheme: OidcScheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  { now, site }: Circumstances,
): Promise<Verdict> {
  const recipients = secrets.flatMap((secret) => recipientOf(secret) ?? [])
  if (recipients.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header('authorization')
  if (!header) return refused('signature_missing')
  const token = tokenIn(header)
  if (!token) return refused('signature_malformed')

  let key = keyIn(await site.document(scheme.jwks), token.kid)
  // A key that is not known may be newer than what is remembered.
  if (key === 'unknown') key = keyIn(await site.newerDocument(scheme.jwks), token.kid)
  if (key === 'unavailable') return { kind: 'key_unavailable' }
  if (key === 'unknown') return refused('certificate_refused')
  if (!verifySignature('sha256', token.signed, key, token.signature)) return refused('signature_mismatch')
  const refusal = claimRefusal(token.claims, scheme, recipients, now)
  return refusal ? refused(refusal) : valid
}

function recipientOf(secret: Secret): Recipient | undefined {
  const [, audience, email] = /^(\S+) (\S+@\S+)$/.exec(secret.reveal().trim()) ?? []
  return audience !== undefined && email !== undefined ? { audience, email } : undefined
}

interface Token {
  readonly kid: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: Buffer
  readonly signature: Buffer
}

const maxTokenChars = 8_192

/** The parts of an RS256 token; `undefined` for another algorithm, critical extensions, and what is no token. */
function tokenIn(header: string): Token | undefined {
  if (header.length > maxTokenChars) return undefined
  const [, head = '', payload = '', proof = ''] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(header) ?? []
  const facts = objectIn(head)
  const claims = objectIn(payload)
  if (!facts || !claims || facts['alg'] !== 'RS256' || 'crit' in facts) return undefined
  const { kid } = facts
  if (typeof kid !== 'string') return undefined
  return {
    kid,
    claims,
    signed: Buffer.from(`${head}.${payload}`),
    signature: Buffer.from(proof, 'base64url'),
  }
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** Why the token's claims do not make it one for this endpoint now; an audience is one text here, never a list. */
function claimRefusal(
  claims: Token['claims'],
  { issuers }: OidcScheme,
  recipients: readonly Recipient[],
  now: EpochMs,
): Refusal | undefined {
  const { iss, aud, email, exp, iat } = claims
  if (typeof exp !== 'number' || typeof iat !== 'number') return 'timestamp_missing'
  const toleranceSeconds = signatureTolerance / 1_000
  const nowSeconds = toSeconds(now)
  if (exp <= nowSeconds - toleranceSeconds) return 'timestamp_too_old'
  if (iat > nowSeconds + toleranceSeconds) return 'timestamp_in_future'
  const isMeant =
    issuers.some((issuer) => issuer === iss) &&
    claims['email_verified'] === true &&
    recipients.some((each) => aud === each.audience && email === each.email)
  return isMeant ? undefined : 'not_for_this_endpoint'
}

type Keys = ReadonlyMap<string, KeyObject>

/** The keys of the last document: making one takes longer than checking with it. */
let latest: { readonly text: string; readonly keys: Keys | undefined } = { text: '', keys: undefined }

function keyIn(document: SiteDocument, kid: string): KeyObject | 'unknown' | 'unavailable' {
  if (document.kind !== 'found') return 'unavailable'
  if (latest.text !== document.text) latest = { text: document.text, keys: keysIn(document.text) }
  if (!latest.keys) return 'unavailable'
  return latest.keys.get(kid) ?? 'unknown'
}

/** RSA keys of a JWK set by their id; `undefined` for what is no set. */
function keysIn(text: string): Keys | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown }
    if (!Array.isArray(keys)) return undefined
    const rsa = (keys as JsonWebKey[]).filter(({ kty, kid }) => kty === 'RSA' && typeof kid === 'string')
    return new Map(rsa.map((key) => [String(key['kid']), createPublicKey({ key, format: 'jwk' })]))
  } catch {
    return undefined
  }
}
