import type { EpochMs } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Scheme } from '../providers/scheme.ts'
import type { Delivery } from './delivery.ts'
import { verifyHmac } from './schemes/hmac-verify.ts'
import type { Verdict } from './verdict.ts'

/**
 * Whether `delivery` was sent by whoever holds one of `secrets`, by `scheme`. Fails closed. What is cheap to refuse is
 * refused before anything is hashed; what needs large code or a fetched key loads it only then.
 */
export function verify(
  scheme: Scheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  now: EpochMs,
): Verdict | Promise<Verdict> {
  switch (scheme.kind) {
    case 'hmac':
      return verifyHmac(scheme, delivery, secrets, now)
    default:
      return { kind: 'no_usable_secret' }
  }
}
