import { noPostback } from '#lib/webhooks/postback.ts'
import https from 'node:https'
import { Readable } from 'node:stream'
import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { OAuth2Client } from 'google-auth-library'
import { SignJWT } from 'jose'
import MessageValidator from 'sns-validator'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { gmail } from '#lib/providers/gmail.ts'
import { verifyOidc } from '#lib/webhooks/schemes/oidc.ts'
import { verifySns } from '#lib/webhooks/schemes/sns.ts'
import { issue, type Issued } from '#test/fakes/certificates.ts'
import { siteOf } from '#test/fakes/sender-site.ts'

const messages = 1_000
const nowSeconds = 1_798_761_600
const at = (site: ReturnType<typeof siteOf>) => ({
  now: epochMs(nowSeconds * 1_000),
  site,
  roots: () => [],
  postback: noPostback,
  provider: 'test',
})
const random = seededRandom(3)
const below = (limit: number): number => Math.floor(random.fraction() * limit)
const word = (): string => Buffer.from(random.bytes(1 + below(24))).toString('base64url')

/** What the package says of a change that Sluice judges otherwise, and why Sluice does not follow it. */
interface Change<T> {
  readonly name: string
  readonly change: (message: T) => T | Promise<T>
  readonly sluice: boolean
  readonly packageDiffers?: string
}

const changed = (text: string): string => {
  const i = below(text.length)
  return `${text.slice(0, i)}${text[i] === 'x' ? 'y' : 'x'}${text.slice(i + 1)}`
}

describe('sns-validator', () => {
  type Message = Record<string, string>
  const topic = 'arn:aws:sns:eu-west-1:123456789012:feedback'
  const url = `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`
  let own: Issued
  let other: Issued
  beforeAll(async () => {
    own = await issue('sns.amazonaws.com')
    other = await issue('sns.amazonaws.com')
  })
  // It asks for the certificate once, by itself.
  beforeEach(() => {
    vi.spyOn(https, 'get').mockImplementation(((_url: string, answered: (response: unknown) => void) => {
      answered(Object.assign(Readable.from([own.pem]), { statusCode: 200 }))
      return { on: () => {} }
    }) as never)
  })

  function signed(type: string, by: Issued): Message {
    const withSubject = random.fraction() < 0.5
    const message: Message = {
      Type: type,
      MessageId: word(),
      TopicArn: topic,
      Message: `${word()}\n\u65e5 ${word()}`,
      Timestamp: '2026-12-31T23:59:59.000Z',
      ...(type === 'Notification'
        ? withSubject && { Subject: word() }
        : { Token: word(), SubscribeURL: word() }),
    }
    const names =
      type === 'Notification'
        ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
        : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
    const text = names.flatMap((name) => (name in message ? [`${name}\n${message[name]}\n`] : [])).join('')
    const version = random.fraction() < 0.5 ? '1' : '2'
    const Signature = signBytes(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), by.privateKey)
    return {
      ...message,
      SignatureVersion: version,
      SigningCertURL: url,
      Signature: Signature.toString('base64'),
    }
  }
  const sluiceTakes = async (message: Message): Promise<boolean> => {
    const delivery = { header: () => undefined, body: Buffer.from(JSON.stringify(message)) }
    const verdict = await verifySns(delivery, [new Secret(topic)], at(siteOf({ [url]: own.pem })))
    return verdict.kind === 'valid'
  }
  const packageTakes = (message: Message): Promise<boolean> => {
    const validator = new MessageValidator()
    return new Promise((resolve) => validator.validate({ ...message }, (error) => resolve(!error)))
  }

  const withMember = (name: string, value: (old: string) => string) => (message: Message) => ({
    ...message,
    [name]: value(message[name] ?? ''),
  })
  const changes: readonly Change<Message>[] = [
    { name: 'nothing changed', change: (message) => message, sluice: true },
    { name: 'an unsigned member more', change: withMember('UnsubscribeURL', word), sluice: true },
    ...['Message', 'MessageId', 'Timestamp'].map((name) => ({
      name: `another ${name}`,
      change: withMember(name, changed),
      sluice: false,
    })),
    { name: 'a Subject more or changed', change: withMember('Subject', () => `${word()}!`), sluice: false },
    {
      name: 'another Signature',
      change: withMember('Signature', (old) => {
        const bytes = Buffer.from(old, 'base64')
        const i = below(bytes.length)
        bytes[i] = (bytes[i] ?? 0) ^ (1 << below(8))
        return bytes.toString('base64')
      }),
      sluice: false,
    },
    {
      name: 'something behind the Signature',
      change: withMember('Signature', (old) => `${old}x`),
      sluice: false,
      packageDiffers: 'it decodes base64 as far as it goes; one spelling of a signature is enough',
    },
    { name: 'the key of a stranger', change: () => signed('Notification', other), sluice: false },
    {
      name: 'the other version',
      change: withMember('SignatureVersion', (old) => (old === '1' ? '2' : '1')),
      sluice: false,
    },
    { name: 'a version that there is not', change: withMember('SignatureVersion', () => '3'), sluice: false },
    {
      name: 'a subscription',
      change: () => signed('SubscriptionConfirmation', own),
      sluice: true,
    },
    {
      name: 'a farewell',
      change: () => signed('UnsubscribeConfirmation', own),
      sluice: true,
      packageDiffers: 'it leaves Token out of what a farewell signs, so it refuses every real one',
    },
  ]
  test.each(changes)(
    `says the same of ${messages} messages: $name`,
    async ({ change, sluice, packageDiffers }) => {
      for (let i = 0; i < Math.ceil(messages / (sluice ? 1 : 4)); i += 1) {
        const message = await change(signed('Notification', own))
        const verdicts = { sluice: await sluiceTakes(message), package: await packageTakes(message) }
        expect(verdicts, JSON.stringify(message)).toEqual({
          sluice,
          package: packageDiffers ? !sluice : sluice,
        })
      }
    },
  )
})

describe('google-auth-library', () => {
  const certs = 'https://www.googleapis.com/oauth2/v3/certs'
  const audience = 'https://hooks.example.com/gmail'
  const email = 'push@project.iam.gserviceaccount.com'
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const site = siteOf({
    [certs]: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256' }] }),
  })
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string
  const client = new OAuth2Client()
  // It takes no time but the machine's.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: nowSeconds * 1_000 }))
  afterEach(() => void vi.useRealTimers())

  const claims = () => ({
    iss: random.fraction() < 0.5 ? 'https://accounts.google.com' : 'accounts.google.com',
    aud: audience,
    email,
    email_verified: true,
    sub: word(),
    iat: nowSeconds - below(290),
    exp: nowSeconds + 10 + below(3_000),
  })
  const sign = (payload: object, key = privateKey, kid = 'k1') =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'RS256', kid }).sign(key)
  const sluiceTakes = async (token: string): Promise<boolean> => {
    const delivery = { header: () => `Bearer ${token}`, body: new Uint8Array() }
    const secret = new Secret(`${audience} ${email}`)
    return (await verifyOidc(gmail.webhooks.scheme, delivery, [secret], at(site))).kind === 'valid'
  }
  const packageTakes = (token: string): Promise<boolean> =>
    client
      .verifySignedJwtWithCertsAsync(token, { k1: pem }, audience, [...gmail.webhooks.scheme.issuers])
      .then(
        () => true,
        () => false,
      )
  const segment = (index: number) => (token: string) =>
    token
      .split('.')
      .map((part, i) => (i === index ? changed(part) : part))
      .join('.')

  const changes: readonly Change<string>[] = [
    { name: 'nothing changed', change: (token) => token, sluice: true },
    { name: 'another payload', change: segment(1), sluice: false },
    { name: 'another signature', change: segment(2), sluice: false },
    { name: 'the key of a stranger', change: () => sign(claims(), stranger.privateKey), sluice: false },
    { name: 'a key that nobody publishes', change: () => sign(claims(), privateKey, 'k2'), sluice: false },
    { name: 'another audience', change: () => sign({ ...claims(), aud: word() }), sluice: false },
    { name: 'another issuer', change: () => sign({ ...claims(), iss: word() }), sluice: false },
    {
      name: 'an expiry long past',
      change: () => sign({ ...claims(), iat: nowSeconds - 4_000, exp: nowSeconds - 301 }),
      sluice: false,
    },
    {
      name: 'an issue in the future',
      change: () => sign({ ...claims(), iat: nowSeconds + 301 }),
      sluice: false,
    },
    {
      name: 'another account',
      change: () => sign({ ...claims(), email: `${word()}@example.com` }),
      sluice: false,
      packageDiffers: 'it leaves the e-mail to the caller: every account of the issuer passes',
    },
    {
      name: 'an e-mail that nobody verified',
      change: () => sign({ ...claims(), email_verified: false }),
      sluice: false,
      packageDiffers: 'it leaves the e-mail to the caller',
    },
  ]
  test.each(changes)(
    `says the same of ${messages} tokens: $name`,
    async ({ change, sluice, packageDiffers }) => {
      for (let i = 0; i < Math.ceil(messages / (sluice ? 1 : 10)); i += 1) {
        const token = await change(await sign(claims()))
        const verdicts = { sluice: await sluiceTakes(token), package: await packageTakes(token) }
        expect(verdicts, token).toEqual({ sluice, package: packageDiffers ? !sluice : sluice })
      }
    },
  )
})
