import type { Secret } from '../primitives/secret.ts'
import type { AnyScheme, Scheme } from '../providers/scheme.ts'
import type { Circumstances } from './circumstances.ts'
import type { Delivery } from './delivery.ts'
import { verifyHmac } from './schemes/hmac-verify.ts'
import { verifyEcdsa, verifyEd25519 } from './schemes/public-key.ts'
import { verifyBasic, verifyToken } from './schemes/token.ts'
import type { Verdict } from './verdict.ts'

/**
 * Whether `delivery` was sent by whoever holds one of `secrets`, by `scheme`. Fails closed. What is cheap to refuse is
 * refused before anything is hashed; what needs large code or a fetched key loads it only then.
 */
export function verify(
  scheme: Scheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  at: Circumstances,
): Verdict | Promise<Verdict> {
  const { now } = at
  switch (scheme.kind) {
    case 'hmac':
      return verifyHmac(scheme, delivery, secrets, now)
    case 'ecdsa':
      return verifyEcdsa(scheme, delivery, secrets, now)
    case 'ed25519':
      return verifyEd25519(scheme, delivery, secrets, now)
    case 'token':
      return verifyToken(scheme, delivery, secrets)
    case 'basic':
      return verifyBasic(scheme, delivery, secrets)
    case 'sns':
      return import('./schemes/sns.ts').then(({ verifySns }) => verifySns(delivery, secrets, at))
    case 'certificate':
      return import('./schemes/certificate.ts').then(({ verifyCertificate }) =>
        verifyCertificate(scheme, delivery, secrets, at),
      )
    case 'oidc':
      return import('./schemes/oidc.ts').then(({ verifyOidc }) => verifyOidc(scheme, delivery, secrets, at))
    case 'any':
      return verifyAny(scheme, delivery, secrets, at)
  }
}

/**
 * One alternative that holds is enough. Otherwise the verdict is that of the first one that a secret is for: an operator
 * who set a secret for one of them hears of its signature, not of the secrets that the others lack.
 */
async function verifyAny(
  scheme: AnyScheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  at: Circumstances,
): Promise<Verdict> {
  const verdicts: Verdict[] = []
  for (const each of scheme.of) {
    const verdict = await verify(each, delivery, secrets, at)
    if (verdict.kind === 'valid') return verdict
    verdicts.push(verdict)
  }
  return verdicts.find(({ kind }) => kind !== 'no_usable_secret') ?? { kind: 'no_usable_secret' }
}
