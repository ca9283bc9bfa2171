import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { toSeconds, type EpochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { AnyScheme, EcdsaScheme, Ed25519Scheme, HmacScheme, Scheme } from '#lib/providers/scheme.ts'
import { certificateSender, oidcSender, snsSender } from './remote-senders.ts'
import { signatureHeaders, type ToSign } from '#lib/webhooks/schemes/sign.ts'
import { eachSignedPart } from '#lib/webhooks/schemes/template.ts'

type OneScheme = Exclude<Scheme, AnyScheme>

/** Someone who can send by one scheme: a credential of its own, and what an endpoint must be configured with for it. */
export interface Sender {
  readonly scheme: OneScheme
  readonly configured: string
  /** The header that carries the proof, lower-case; or the member of the body that does. */
  readonly proof: string | { readonly member: string }
  readonly signsTime: boolean
  /** The headers that it adds. */
  sign(message: ToSign): Promise<Record<string, string>>
  /** The body as it is sent, where the proof is part of it. */
  seal?(body: Uint8Array, now: EpochMs): Promise<Uint8Array>
}

/** A sender with a new credential, as many different ones as it is called. */
export async function newSender(scheme: OneScheme, n: number): Promise<Sender> {
  switch (scheme.kind) {
    case 'hmac':
      return sharedSecret(scheme, hmacSecret(scheme, n), scheme.signature.header)
    case 'token':
      return sharedSecret(scheme, `a token of the kit ${n}`, scheme.header)
    case 'basic':
      return sharedSecret(scheme, `kit:a password of the kit ${n}`, 'authorization')
    case 'ecdsa':
      return ecdsa(scheme)
    case 'ed25519':
      return ed25519(scheme)
    case 'sns':
      return snsSender(scheme, n)
    case 'certificate':
      return certificateSender(scheme, n)
    case 'oidc':
      return oidcSender(scheme, n)
  }
}

const timed = (scheme: OneScheme): boolean => 'timestamp' in scheme && scheme.timestamp !== undefined

function hmacSecret({ key }: HmacScheme, n: number): string {
  const words = Buffer.from(`the secret number ${n} of the kit`)
  return `${key.prefix ?? ''}${words.toString(key.encoding)}`
}

const sharedSecret = (scheme: OneScheme, configured: string, proof: string): Sender => ({
  scheme,
  configured,
  proof,
  signsTime: timed(scheme),
  sign: async (message) => signatureHeaders(scheme, new Secret(configured), message),
})

/** The endpoint holds the public key, the kit the private one, as the provider does. */
function ecdsa(scheme: EcdsaScheme): Sender {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    scheme,
    configured: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    proof: scheme.signature.header,
    signsTime: timed(scheme),
    sign: async (message) => ({
      ...timeHeaders(scheme, message),
      [scheme.signature.header]: signBytes('sha256', signedBytes(scheme, message), privateKey).toString(
        'base64',
      ),
    }),
  }
}

function ed25519(scheme: Ed25519Scheme): Sender {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const { format, header } = scheme.signature
  return {
    scheme,
    configured: `${scheme.key.prefix}${raw.toString('base64')}`,
    proof: header,
    signsTime: timed(scheme),
    sign: async (message) => {
      const signature = signBytes(null, signedBytes(scheme, message), privateKey).toString('base64')
      const lead = format.kind === 'pairs' ? `${format.key}=` : (format.prefix ?? '')
      return {
        ...(scheme.id && { [scheme.id.header]: message.id }),
        ...timeHeaders(scheme, message),
        [header]: `${lead}${signature}`,
      }
    },
  }
}

const timeText = ({ timestamp }: EcdsaScheme | Ed25519Scheme, { now }: ToSign): string =>
  String(timestamp?.unit === 'ms' ? now : toSeconds(now))

const timeHeaders = (scheme: EcdsaScheme | Ed25519Scheme, message: ToSign): Record<string, string> =>
  scheme.timestamp ? { [scheme.timestamp.header]: timeText(scheme, message) } : {}

function signedBytes(scheme: EcdsaScheme | Ed25519Scheme, message: ToSign): Buffer {
  const parts: Uint8Array[] = []
  const values = { timestamp: timeText(scheme, message), id: message.id }
  eachSignedPart(scheme.signed, values, message.body, (part) => parts.push(Buffer.from(part)))
  return Buffer.concat(parts)
}
