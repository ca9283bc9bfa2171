import type { EpochMs } from '../../primitives/clock.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { HmacScheme } from '../../providers/scheme.ts'
import type { Delivery } from '../delivery.ts'
import { refused, valid, type Refusal, type Verdict } from '../verdict.ts'
import { signedAddresses, signedForm } from './address.ts'
import { staleness } from './freshness.ts'
import { anyMatches, hmacDigest, hmacKeys } from './hmac.ts'
import { offeredSignatures, pairValues } from './signature.ts'
import type { SignedValues } from './template.ts'

/**
 * Whether `delivery` was signed with one of `secrets`, by `scheme` and within 300 s of `now` in both directions where the
 * scheme signs a time. Fails closed: a missing header, another version or algorithm, a signature that is not canonical, or
 * a secret that can't be a key never passes. What is cheap to refuse is refused before anything is hashed.
 */
export function verifyHmac(
  scheme: HmacScheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  now: EpochMs,
): Verdict {
  const keys = hmacKeys(secrets, scheme.key)
  if (keys.length === 0) return { kind: 'no_usable_secret' }
  const header = delivery.header(scheme.signature.header)
  if (!header) return refused('signature_missing')
  const values = signedValues(scheme, delivery, header)
  if (typeof values === 'string') return refused(values)
  const stale = scheme.timestamp && staleness(values.timestamp ?? '', scheme.timestamp.unit, now)
  if (stale) return refused(stale)
  const offered = offeredSignatures(header, scheme.signature.format)
  if (offered.length === 0) return refused('signature_malformed')
  const isSigned = (all: SignedValues): boolean =>
    anyMatches(scheme, keys, offered, (key) => hmacDigest(scheme, key, all, delivery.body))
  if (!scheme.signed.includes('{url}')) return isSigned(values) ? valid : refused('signature_mismatch')
  return verifyAddressed(scheme, delivery, (signed) => isSigned({ ...values, ...signed }))
}

/** Where the address is signed: one of its spellings must fit, and the body must be covered by the form or its hash. */
function verifyAddressed(
  scheme: HmacScheme,
  delivery: Delivery,
  isSigned: (values: SignedValues) => boolean,
): Verdict {
  // The operator has not said under which address the sender knows this endpoint.
  if (delivery.url === undefined) return { kind: 'no_usable_secret' }
  const form = signedForm(delivery, delivery.url, scheme.bodyHash?.query ?? '')
  if (form === undefined) return refused('signature_mismatch')
  for (const url of signedAddresses(delivery.url)) if (isSigned({ url, form })) return valid
  return refused('signature_mismatch')
}

function signedValues(scheme: HmacScheme, delivery: Delivery, header: string): SignedValues | Refusal {
  const id = scheme.id && delivery.header(scheme.id.header)
  if (scheme.id && !id) return 'id_missing'
  const timestamps = scheme.timestamp && timestampTexts(scheme, delivery, header)
  if (timestamps?.length === 0) return 'timestamp_missing'
  // Two different times in one header leave open which of them is fresh.
  if (timestamps && timestamps.length > 1) return 'timestamp_malformed'
  const timestamp = timestamps?.[0]
  return { id, timestamp }
}

function timestampTexts(scheme: HmacScheme, delivery: Delivery, header: string): readonly string[] {
  const source = scheme.timestamp
  const format = scheme.signature.format
  if (!source) return []
  if ('header' in source) {
    const text = delivery.header(source.header)
    return text ? [text] : []
  }
  return format.kind === 'pairs' ? pairValues(header, format.separator, source.key) : []
}
