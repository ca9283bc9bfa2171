import { createPublicKey, verify as verifySignature, type KeyObject } from 'node:crypto'
import { fromBase64 } from '../../primitives/bytes.ts'
import type { EpochMs } from '../../primitives/clock.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { EcdsaScheme, Ed25519Scheme } from '../../providers/scheme.ts'
import type { Delivery } from '../delivery.ts'
import { refused, valid, type Verdict } from '../verdict.ts'
import { staleness } from './freshness.ts'
import { offeredSignatures } from './signature.ts'
import { eachSignedPart, type SignedValues } from './template.ts'

/** ECDSA P-256 with SHA-256: a DER signature, checked with a public key in SPKI. */
export function verifyEcdsa(
  scheme: EcdsaScheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  now: EpochMs,
): Verdict {
  const keys = secrets.flatMap((secret) => spkiKey(secret) ?? [])
  if (keys.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header(scheme.signature.header)
  if (!header) return refused('signature_missing')
  const values = timedValues(scheme, delivery, now)
  if ('kind' in values) return values
  const signature = fromBase64(header)
  if (!signature || signature.byteLength === 0) return refused('signature_malformed')
  const data = signedBytes(scheme.signed, values, delivery.body)
  return keys.some((key) => verifySignature('sha256', data, key, signature))
    ? valid
    : refused('signature_mismatch')
}

/**
 * Ed25519 as Standard Webhooks' `v1a` has it.
 * @see https://www.rfc-editor.org/rfc/rfc8032
 */
export function verifyEd25519(
  scheme: Ed25519Scheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  now: EpochMs,
): Verdict {
  const keys = secrets.flatMap((secret) => ed25519Key(secret, scheme.key.prefix) ?? [])
  if (keys.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header(scheme.signature.header)
  if (!header) return refused('signature_missing')
  const id = scheme.id && delivery.header(scheme.id.header)
  if (scheme.id && !id) return refused('id_missing')
  const values = timedValues(scheme, delivery, now)
  if ('kind' in values) return values
  const offered = offeredSignatures(header, scheme.signature.format).flatMap((text) => {
    const bytes = fromBase64(text)
    return bytes?.byteLength === ed25519SignatureBytes ? [bytes] : []
  })
  if (offered.length === 0) return refused('signature_malformed')
  const data = signedBytes(scheme.signed, { ...values, ...(id && { id }) }, delivery.body)
  return keys.some((key) => offered.some((signature) => verifySignature(null, data, key, signature)))
    ? valid
    : refused('signature_mismatch')
}

const ed25519SignatureBytes = 64
/** SPKI of an Ed25519 key without the key itself (RFC 8410). */
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex')

function timedValues(
  scheme: Pick<EcdsaScheme, 'timestamp'>,
  delivery: Delivery,
  now: EpochMs,
): SignedValues | Extract<Verdict, { kind: 'refused' }> {
  if (!scheme.timestamp) return {}
  const timestamp = delivery.header(scheme.timestamp.header)
  if (!timestamp) return { kind: 'refused', reason: 'timestamp_missing' }
  const stale = staleness(timestamp, scheme.timestamp.unit, now)
  return stale ? { kind: 'refused', reason: stale } : { timestamp }
}

/** Signature schemes that hash the message themselves take it as one piece. */
function signedBytes(signed: readonly string[], values: SignedValues, body: Uint8Array): Buffer {
  const parts: Uint8Array[] = []
  eachSignedPart(signed, values, body, (part) =>
    parts.push(typeof part === 'string' ? Buffer.from(part) : part),
  )
  return Buffer.concat(parts)
}

const made = new WeakMap<Secret, KeyObject>()

/** A P-256 public key, base64 of its SPKI with or without PEM armour; `undefined` for anything else. */
function spkiKey(secret: Secret): KeyObject | undefined {
  const text = secret.reveal().replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return keyOf(
    secret,
    fromBase64(text),
    ({ asymmetricKeyType, asymmetricKeyDetails }) =>
      asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1',
  )
}

function ed25519Key(secret: Secret, prefix: string): KeyObject | undefined {
  const text = secret.reveal()
  if (!text.startsWith(prefix)) return undefined
  const raw = fromBase64(text.slice(prefix.length))
  if (raw?.byteLength !== 32) return undefined
  return keyOf(secret, Buffer.concat([ed25519Spki, raw]), (key) => key.asymmetricKeyType === 'ed25519')
}

function keyOf(
  secret: Secret,
  spki: Buffer | undefined,
  isRight: (key: KeyObject) => boolean,
): KeyObject | undefined {
  const known = made.get(secret)
  if (known) return known
  if (!spki) return undefined
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    if (!isRight(key)) return undefined
    made.set(secret, key)
    return key
  } catch {
    return undefined
  }
}
