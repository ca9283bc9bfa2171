import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { Scheme } from '#lib/providers/scheme.ts'
import { signatureHeaders as sign, type ToSign } from '#lib/webhooks/schemes/sign.ts'
import { Failure } from './failure.ts'

/**
 * The headers that make a body a webhook signed by `scheme`.
 * @throws Failure when the secret can't be a key of this scheme, or nobody but the provider can sign by it.
 */
export function signatureHeaders(scheme: Scheme, secret: Secret, message: ToSign): Record<string, string> {
  try {
    return sign(scheme, secret, message)
  } catch (error) {
    if (error instanceof SluiceError) throw new Failure('unusable_secret', error.message)
    throw error
  }
}
