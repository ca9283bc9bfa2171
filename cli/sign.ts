import { toSeconds, type EpochMs } from '#lib/primitives/clock.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { HmacScheme, Scheme } from '#lib/providers/scheme.ts'
import { hmacDigest, hmacKey } from '#lib/webhooks/schemes/hmac.ts'
import { Failure } from './failure.ts'

export interface ToSign {
  readonly body: Uint8Array
  /** Signed and sent where the scheme signs a time. */
  readonly now: EpochMs
  /** Signed and sent where the scheme signs an id. */
  readonly id: string
  /** Signed where the scheme signs the address: query included. */
  readonly url?: string
  /** Signed where the scheme signs the fields of a form: sorted, each name and then its value. */
  readonly form?: string
}

/**
 * The headers that make `body` a webhook signed by `scheme`: verification read backwards, from the same data.
 * @throws Failure when the secret can't be a key of this scheme, or nobody but the provider can sign by it.
 */
export function signatureHeaders(scheme: Scheme, secret: Secret, message: ToSign): Record<string, string> {
  switch (scheme.kind) {
    case 'hmac':
      if (signsAddress(scheme) && message.url === undefined)
        throw new Failure('unusable_secret', 'its signature covers its address, which send does not sign')
      return hmacHeaders(scheme, secret, message)
    case 'token':
      return { [scheme.header]: `${scheme.prefix ?? ''}${secret.reveal()}` }
    case 'basic':
      return { authorization: `Basic ${Buffer.from(secret.reveal(), 'utf8').toString('base64')}` }
    case 'any':
      return signatureHeaders(scheme.of.find(canSign) ?? onlyProvider(), secret, message)
    default:
      return onlyProvider()
  }
}

function onlyProvider(): never {
  throw new Failure('unusable_secret', 'only the provider itself can sign this')
}

/** Whether what Sluice holds to check a webhook is also enough to make one. */
export const canSign = (scheme: Scheme): boolean =>
  scheme.kind === 'any'
    ? scheme.of.some(canSign)
    : (scheme.kind === 'hmac' && !signsAddress(scheme)) || scheme.kind === 'token' || scheme.kind === 'basic'

const signsAddress = ({ signed }: HmacScheme): boolean => signed.includes('{url}')

function hmacHeaders(
  scheme: HmacScheme,
  secret: Secret,
  { body, now, id, url, form }: ToSign,
): Record<string, string> {
  const key = hmacKey(secret, scheme.key)
  if (!key)
    throw new Failure('unusable_secret', `the secret is not ${scheme.key.encoding} text that can sign`)
  const timestamp = String(scheme.timestamp?.unit === 'ms' ? now : toSeconds(now))
  const digest = hmacDigest(scheme, key, { timestamp, id, url, form }, body)
  return {
    ...(scheme.id && { [scheme.id.header]: id }),
    ...(scheme.timestamp && 'header' in scheme.timestamp && { [scheme.timestamp.header]: timestamp }),
    [scheme.signature.header]: written(scheme, digest, timestamp),
  }
}

function written({ signature: { format }, timestamp }: HmacScheme, digest: string, time: string): string {
  if (format.kind !== 'pairs') return `${format.prefix ?? ''}${digest}`
  const signature = `${format.key}=${digest}`
  return timestamp && 'key' in timestamp
    ? `${timestamp.key}=${time}${format.separator}${signature}`
    : signature
}
