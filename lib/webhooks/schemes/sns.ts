import { verify as verifySignature } from 'node:crypto'
import { fromBase64 } from '../../primitives/bytes.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { Circumstances } from '../circumstances.ts'
import type { Delivery } from '../delivery.ts'
import { refused, valid, type Verdict } from '../verdict.ts'
import { certificateIn, isCurrent, commonName } from './x509.ts'

/** What SNS posts, as far as its signature covers it. */
interface SnsMessage {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  readonly MessageId: string
  readonly TopicArn: string
  readonly Message: string
  readonly Timestamp: string
  /** Some senders of test messages write `null`. */
  readonly Subject?: string | null
  readonly SubscribeURL?: string
  readonly Token?: string
  readonly SignatureVersion: '1' | '2'
  readonly Signature: string
  readonly SigningCertURL: string
}

const arnGrammar = /^arn:aws[a-z-]*:sns:([a-z0-9-]{1,30}):\d{12}:[A-Za-z0-9_.-]{1,256}$/

/**
 * Whether SNS signed this message, and for a topic of this endpoint. The certificate is taken only from SNS in the topic's
 * own region, so a request that names another place causes no fetch.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export async function verifySns(
  delivery: Delivery,
  secrets: readonly Secret[],
  { now, site }: Circumstances,
): Promise<Verdict> {
  const topics = secrets.map((secret) => secret.reveal()).filter((text) => arnGrammar.test(text))
  if (topics.length === 0) return { kind: 'no_usable_secret' }
  const message = snsMessage(delivery.body)
  if (!message) return refused('signature_missing')
  if (!topics.includes(message.TopicArn)) return refused('not_for_this_endpoint')
  const signature = fromBase64(message.Signature)
  if (!signature || signature.byteLength === 0) return refused('signature_malformed')
  if (!isOfRegion(message.SigningCertURL, message.TopicArn)) return refused('certificate_refused')

  const document = await site.document(message.SigningCertURL)
  if (document.kind === 'unavailable') return { kind: 'key_unavailable' }
  const certificate = document.kind === 'found' ? certificateIn(document.text) : undefined
  if (!certificate || !isCurrent(certificate, now) || !subject.test(commonName(certificate)))
    return refused('certificate_refused')
  const hash = message.SignatureVersion === '1' ? 'sha1' : 'sha256'
  return verifySignature(hash, Buffer.from(signedText(message), 'utf8'), certificate.publicKey, signature)
    ? valid
    : refused('signature_mismatch')
}

const subject = /^sns\.(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$/

function isOfRegion(url: string, topic: string): boolean {
  const [, region = ''] = arnGrammar.exec(topic) ?? []
  const host = `https://sns.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
  return (
    url.startsWith(host) && /^SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem$/.test(url.slice(host.length))
  )
}

const signedMembers = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const

/** Each member as a line with its name and a line with its value; `Subject` only where there is one. */
const signedText = (message: SnsMessage): string =>
  signedMembers[message.Type]
    .flatMap((name) => (typeof message[name] !== 'string' ? [] : [`${name}\n${message[name]}\n`]))
    .join('')

/** `undefined` for what is no message of SNS in one of the two versions, such as one delivered raw, which nobody signs. */
function snsMessage(body: Uint8Array): SnsMessage | undefined {
  const document = parse(body)
  if (typeof document !== 'object' || document === null) return undefined
  const message = document as Readonly<Record<string, unknown>>
  const has = (name: string): boolean => Object.hasOwn(message, name) && typeof message[name] === 'string'
  const type = has('Type') ? (message['Type'] as string) : ''
  const needed = Object.hasOwn(signedMembers, type) ? signedMembers[type as SnsMessage['Type']] : undefined
  if (!needed || !['1', '2'].includes(message['SignatureVersion'] as string)) return undefined
  const isWhole = [...needed, 'Signature', 'SigningCertURL'].every(
    (name) => has(name) || (name === 'Subject' && (message[name] ?? undefined) === undefined),
  )
  if (!isWhole) return undefined
  return message as unknown as SnsMessage
}

function parse(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
