import { SluiceError } from '../../errors/sluice-error.ts'
import { toSeconds, type EpochMs } from '../../primitives/clock.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { HmacScheme, Scheme } from '../../providers/scheme.ts'
import { hmacDigest, hmacKey } from './hmac.ts'

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
 * @throws SluiceError `MISCONFIGURED` when the secret can't be a key of this scheme, or nobody but the provider can sign by it.
 */
export function signatureHeaders(scheme: Scheme, secret: Secret, message: ToSign): Record<string, string> {
  switch (scheme.kind) {
    case 'hmac':
      if (signsAddress(scheme) && message.url === undefined)
        throw unusable('its signature covers its address, which nobody named')
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

const unusable = (why: string): SluiceError => new SluiceError('MISCONFIGURED', why)

function onlyProvider(): never {
  throw unusable('only the provider itself can sign this')
}

/** Whether what Sluice holds to check a webhook is also enough to make one, wherever it is sent. */
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
  if (!key) throw unusable(`the secret is not ${scheme.key.encoding} text that can sign`)
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
