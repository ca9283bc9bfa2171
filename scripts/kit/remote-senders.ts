import { createPublicKey, sign as signBytes, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { SignJWT } from 'jose'
import { iso, toSeconds } from '#lib/primitives/clock.ts'
import type { CertificateScheme, OidcScheme, SnsScheme } from '#lib/providers/scheme.ts'
import { eachSignedPart } from '#lib/webhooks/schemes/template.ts'
import { certify, publish } from './authority.ts'
import type { Sender } from './sender.ts'

/** Several providers are tried at a time, and none may find what another has published. */
let made = 0
const unique = (n: number): string => `${n}x${(made += 1)}x`

const region = 'us-east-1'
const place = `https://sns.${region}.amazonaws.com/`

/** SNS with a topic of its own. The signature stands in the body. */
export async function snsSender(scheme: SnsScheme, n: number): Promise<Sender> {
  const { pem, privateKey } = await certify('sns.amazonaws.com')
  const own = unique(n)
  const SigningCertURL = `${place}SimpleNotificationService-${own}.pem`
  publish(SigningCertURL, pem)
  const TopicArn = `arn:aws:sns:${region}:123456789012:kit-${own}`
  return {
    scheme,
    configured: TopicArn,
    proof: { member: 'Signature' },
    signsTime: false,
    sign: async () => ({}),
    seal: async (body, now) => {
      const document = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, string>
      const isFirst = document['Type'] === 'SubscriptionConfirmation'
      const message: Record<string, string> = {
        Message: '{}',
        MessageId: 'kit',
        ...document,
        Type: isFirst ? 'SubscriptionConfirmation' : 'Notification',
        TopicArn,
        Timestamp: iso(now),
        ...(isFirst && {
          Token: 'kit',
          SubscribeURL: `${place}?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=kit`,
        }),
      }
      const members = isFirst
        ? ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
        : ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type']
      const text = members.map((name) => `${name}\n${message[name]}\n`).join('')
      const Signature = signBytes('sha256', Buffer.from(text), privateKey).toString('base64')
      return Buffer.from(JSON.stringify({ ...message, SignatureVersion: '2', Signature, SigningCertURL }))
    },
  }
}

/** A sender by certificate, with a certificate that leads to the kit's root. */
export async function certificateSender(scheme: CertificateScheme, n: number): Promise<Sender> {
  const { pem, privateKey } = await certify(`messages${scheme.certificate.subjectEnds}`)
  const url = `${scheme.certificate.from[0]}CERT-kit-${unique(n)}`
  publish(url, pem)
  const secret = `the id of webhook ${n}`
  return {
    scheme,
    configured: secret,
    proof: scheme.signature.header,
    signsTime: false,
    sign: async ({ body, now, id }) => {
      const parts: string[] = []
      const values = { id, timestamp: iso(now), secret, crc32: String(crc32(body)) }
      eachSignedPart(scheme.signed, values, body, (part) => void parts.push(String(part)))
      return {
        [scheme.id.header]: id,
        [scheme.timestamp.header]: values.timestamp,
        [scheme.algorithm.header]: scheme.algorithm.value,
        [scheme.certificate.header]: url,
        [scheme.signature.header]: signBytes('sha256', Buffer.from(parts.join('')), privateKey).toString(
          'base64',
        ),
      }
    },
  }
}

/** An account of the issuer that pushes with tokens of its own; all accounts share the issuer's key. */
export async function oidcSender(scheme: OidcScheme, n: number): Promise<Sender> {
  const { pem, privateKey } = await issuersKey
  publishKeys(scheme.jwks, pem)
  const audience = 'https://hooks.example.com/kit'
  const email = `push-${n}@kit.example.com`
  return {
    scheme,
    configured: `${audience} ${email}`,
    proof: 'authorization',
    signsTime: true,
    sign: async ({ now }) => {
      const issuedAt = toSeconds(now)
      const token = await new SignJWT({ email, email_verified: true })
        .setProtectedHeader({ alg: 'RS256', kid: 'kit' })
        .setIssuer(scheme.issuers[0] ?? '')
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        // Good for a second, so that what is too old is too old by its time alone.
        .setExpirationTime(issuedAt + 1)
        .sign(privateKey)
      return { authorization: `Bearer ${token}` }
    },
  }
}

const issuersKey = certify('tokens.example.com')

function publishKeys(url: string, pem: string): void {
  const key = createPublicKey(new X509Certificate(pem).publicKey.export({ format: 'pem', type: 'spki' }))
  publish(url, JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'kit', alg: 'RS256' }] }))
}
