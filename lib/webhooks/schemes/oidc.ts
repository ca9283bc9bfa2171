import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import { signatureTolerance } from '../../config/defaults.ts'
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
 * same issuer, so the e-mail decides. The body is not signed.
 * @see https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
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
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(header)?.[1]
  if (token === undefined) return refused('signature_malformed')

  const check = (document: SiteDocument) => checked(token, scheme, document, new Date(now))
  let outcome = await check(await site.document(scheme.jwks))
  // A key that is not known may be newer than what is remembered.
  if (outcome === 'unknown_key') outcome = await check(await site.newerDocument(scheme.jwks))
  if (outcome === 'key_unavailable') return { kind: 'key_unavailable' }
  if (outcome === 'unknown_key') return refused('certificate_refused')
  if (typeof outcome === 'string') return refused(outcome)
  const { aud, email, email_verified: verified } = outcome
  const isMeant = recipients.some(
    (each) => aud === each.audience && verified === true && email === each.email,
  )
  return isMeant ? valid : refused('not_for_this_endpoint')
}

function recipientOf(secret: Secret): Recipient | undefined {
  const [, audience, email] = /^(\S+) (\S+@\S+)$/.exec(secret.reveal().trim()) ?? []
  return audience !== undefined && email !== undefined ? { audience, email } : undefined
}

async function checked(
  token: string,
  { issuers }: OidcScheme,
  document: SiteDocument,
  currentDate: Date,
): Promise<JWTPayload | Refusal | 'unknown_key' | 'key_unavailable'> {
  const keys = document.kind === 'found' ? keySet(document.text) : undefined
  if (!keys) return 'key_unavailable'
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ['RS256'],
      issuer: [...issuers],
      clockTolerance: signatureTolerance / 1_000,
      currentDate,
      requiredClaims: ['exp', 'iat', 'aud'],
    })
    return isFromFuture(payload, currentDate) ? 'timestamp_in_future' : payload
  } catch (error) {
    return refusalFor(error)
  }
}

const isFromFuture = ({ iat = 0 }: JWTPayload, now: Date): boolean =>
  iat * 1_000 > now.getTime() + signatureTolerance

function refusalFor(error: unknown): Refusal | 'unknown_key' {
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key'
  if (error instanceof errors.JWTExpired) return 'timestamp_too_old'
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'nbf' ? 'timestamp_in_future' : 'not_for_this_endpoint'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature_mismatch'
  return 'signature_malformed'
}

function keySet(text: string): JSONWebKeySet | undefined {
  try {
    const document: unknown = JSON.parse(text)
    const keys = (document as Partial<JSONWebKeySet> | null)?.keys
    return Array.isArray(keys) ? (document as JSONWebKeySet) : undefined
  } catch {
    return undefined
  }
}
