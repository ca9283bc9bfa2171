import { noPostback } from '#lib/webhooks/postback.ts'
import https from 'node:https'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { Readable } from 'node:stream'
import { OAuth2Client } from 'google-auth-library'
import { SignJWT } from 'jose'
import MessageValidator from 'sns-validator'
import { epochMs, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { gmail } from '#lib/providers/gmail.ts'
import { verifyOidc } from '#lib/webhooks/schemes/oidc.ts'
import { verifySns } from '#lib/webhooks/schemes/sns.ts'
import { noSite, type SenderSite } from '#lib/webhooks/sender-site.ts'
import { issue } from '#test/fakes/certificates.ts'
import { interleaved, type Case } from './measure.ts'
import { fixed, table } from './table.ts'

const sizes = [
  { name: '1 KB', bytes: 1_024 },
  { name: '100 KB', bytes: 102_400 },
] as const
const now = epochMs(Date.now())
const publishing = (text: string): SenderSite => ({
  ...noSite,
  document: async () => ({ kind: 'found', text }),
})

/** Signatures by keys that a sender publishes, against the provider's own package; both have the key at hand. */
export async function benchVerificationKeys(): Promise<string> {
  const rows: string[][] = []
  for (const { name, bytes } of sizes) {
    for (const cases of [await snsCases(bytes), await oidcCases(bytes)]) {
      const timings = await interleaved(cases, { rounds: 9, sliceMs: 40 })
      for (const { name: check, microsPerRun, speed } of timings)
        rows.push([`${name.padEnd(6)}  ${check}`, fixed(microsPerRun), fixed(speed)])
    }
  }
  return table(['check by a published key', 'us', 'speed, raw = 1'], rows)
}

async function snsCases(bytes: number): Promise<Case[]> {
  const { pem, privateKey } = await issue('sns.amazonaws.com')
  const TopicArn = 'arn:aws:sns:us-east-1:123456789012:bench'
  const message = {
    Type: 'Notification',
    MessageId: 'bench',
    TopicArn,
    Message: 'x'.repeat(bytes),
    Timestamp: '2026-12-31T23:59:59.000Z',
  }
  const names = ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'] as const
  const text = Buffer.from(names.map((name) => `${name}\n${message[name]}\n`).join(''))
  const signature = sign('sha256', text, privateKey)
  const whole = {
    ...message,
    SignatureVersion: '2',
    SigningCertURL: `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${bytes}.pem`,
    Signature: signature.toString('base64'),
  }
  const body = Buffer.from(JSON.stringify(whole))
  const at = { now, site: publishing(pem), roots: () => [], postback: noPostback, provider: 'test' }
  const secrets = [new Secret(TopicArn)]
  const validator = new MessageValidator()
  answerWith(pem)
  return [
    { name: 'raw RSA-SHA256 (sns)', run: () => must(verify('sha256', text, pem, signature)) },
    {
      name: 'sluice sns',
      run: async () =>
        must((await verifySns({ header: () => undefined, body }, secrets, at)).kind === 'valid'),
    },
    {
      name: 'sns-validator',
      run: () =>
        new Promise<void>((resolve, reject) =>
          validator.validate(JSON.parse(body.toString('utf8')) as typeof whole, (error) =>
            error ? reject(error) : resolve(),
          ),
        ),
    },
  ]
}

/** The package asks for a certificate once and keeps it; no request leaves the machine. */
function answerWith(pem: string): void {
  https.get = ((_url: string, answered: (response: unknown) => void) => {
    answered(Object.assign(Readable.from([pem]), { statusCode: 200 }))
    return { on: () => {} }
  }) as never
}

async function oidcCases(bytes: number): Promise<Case[]> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const audience = 'https://hooks.example.com/gmail'
  const email = 'push@project.iam.gserviceaccount.com'
  const time = toSeconds(now)
  const token = await new SignJWT({ email, email_verified: true })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuer('https://accounts.google.com')
    .setAudience(audience)
    .setIssuedAt(time)
    .setExpirationTime(time + 3_600)
    .sign(privateKey)
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256' }] })
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string
  const at = { now, site: publishing(jwks), roots: () => [], postback: noPostback, provider: 'test' }
  const secrets = [new Secret(`${audience} ${email}`)]
  const delivery = { header: () => `Bearer ${token}`, body: Buffer.alloc(bytes) }
  const client = new OAuth2Client()
  const { scheme } = gmail.webhooks
  const [signedPart, signature] = [
    token.slice(0, token.lastIndexOf('.')),
    token.slice(token.lastIndexOf('.') + 1),
  ]
  const data = Buffer.from(signedPart)
  const given = Buffer.from(signature, 'base64url')
  return [
    { name: 'raw RSA-SHA256 (token)', run: () => must(verify('sha256', data, publicKey, given)) },
    {
      name: 'sluice oidc',
      run: async () => must((await verifyOidc(scheme, delivery, secrets, at)).kind === 'valid'),
    },
    {
      name: 'google-auth-library',
      run: () => client.verifySignedJwtWithCertsAsync(token, { k1: pem }, audience, [...scheme.issuers]),
    },
  ]
}

function must(valid: boolean): void {
  if (!valid) throw new Error('a valid signature was refused: the bench measures nothing')
}
