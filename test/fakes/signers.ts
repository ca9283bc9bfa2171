import { createHmac } from 'node:crypto'
import { sign as signGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'

/** What a sender adds to a body so that the endpoint takes it. */
export type Signed = Readonly<Record<string, string>>

export interface Signer {
  readonly provider: string
  /** What tells two signers of one provider apart in a test's name. */
  readonly name?: string
  /** A secret that this provider could have issued. */
  readonly secret: string
  /** Another one, of another endpoint or tenant. */
  readonly otherSecret: string
  /** One that no case configures; by default made up. */
  readonly thirdSecret?: string
  readonly signatureHeader: string
  /** Where the time stands, when the scheme signs one. */
  readonly timestampHeader?: string
  readonly body: string
  /** Made by the provider's own package where it has one: nothing of Sluice signs here. */
  sign(body: Uint8Array, secret: string, timestamp: number): Promise<Signed>
}

const stripe = new Stripe('sk_test_not_a_key')
const json = { 'content-type': 'application/json' }
const text = (body: Uint8Array): string => Buffer.from(body).toString('utf8')
const isText = (body: Uint8Array): boolean => Buffer.from(text(body)).equals(Buffer.from(body))
/** By hand, for what no package signs. */
export const hmacHex = (secret: string, ...parts: (string | Uint8Array)[]): string => {
  const hmac = createHmac('sha256', secret)
  for (const part of parts) hmac.update(part)
  return hmac.digest('hex')
}

export const stripeSigner: Signer = {
  provider: 'stripe',
  secret: 'whsec_5hDGwV8LmXyqZ3kRt7NcPb2s',
  otherSecret: 'whsec_another_endpoint_secret',
  signatureHeader: 'stripe-signature',
  timestampHeader: 'stripe-signature',
  body: '{"id":"evt_1","object":"event","type":"charge.succeeded","created":1780000000,"pending_webhooks":1}',
  sign: async (body, secret, timestamp) => ({
    ...json,
    'stripe-signature': isText(body)
      ? stripe.webhooks.generateTestHeaderString({ payload: text(body), secret, timestamp })
      : `t=${timestamp},v1=${hmacHex(secret, `${timestamp}.`, body)}`,
  }),
}

export const githubSigner: Signer = {
  provider: 'github',
  secret: 'a github webhook secret',
  otherSecret: 'the secret of another repository',
  signatureHeader: 'x-hub-signature-256',
  body: '{"action":"opened","number":7,"repository":{"full_name":"acme/shop"}}',
  sign: async (body, secret) => ({
    ...json,
    'x-github-event': 'pull_request',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256':
      isText(body) && body.byteLength > 0
        ? await signGithub(secret, text(body))
        : `sha256=${hmacHex(secret, body)}`,
  }),
}

export const slackSigner: Signer = {
  provider: 'slack',
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  otherSecret: '0123456789abcdef0123456789abcdef',
  signatureHeader: 'x-slack-signature',
  timestampHeader: 'x-slack-request-timestamp',
  body: '{"type":"event_callback","event_id":"Ev1","event_time":1780000000,"event":{"type":"app_mention","text":"hi"}}',
  // Bolt only verifies; that it takes what this makes is a test of its own.
  sign: async (body, secret, timestamp) => ({
    ...json,
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `v0=${hmacHex(secret, `v0:${timestamp}:`, body)}`,
  }),
}

export const standardSigner: Signer = {
  provider: 'standard-webhooks',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  otherSecret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  signatureHeader: 'webhook-signature',
  timestampHeader: 'webhook-timestamp',
  body: '{"type":"invoice.paid","timestamp":"2026-05-28T20:26:40Z","data":{"id":1}}',
  sign: async (body, secret, timestamp) => {
    const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const signature = isText(body)
      ? new Webhook(secret).sign(id, new Date(timestamp * 1_000), text(body))
      : `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
    return {
      ...json,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    }
  },
}

/** The digest by Standard Webhooks over any text, by hand. */
export const standardDigest = (signed: string): string =>
  createHmac('sha256', Buffer.from(standardSigner.secret.slice('whsec_'.length), 'base64'))
    .update(signed)
    .digest('base64')

export const hmacSigner: Signer = {
  provider: 'hmac',
  secret: 'any shared secret',
  otherSecret: 'not that one',
  signatureHeader: 'x-signature',
  body: '{"type":"order.created","id":42}',
  sign: async (body, secret) => ({ ...json, 'x-signature': hmacHex(secret, body) }),
}

export const signers: readonly Signer[] = [
  stripeSigner,
  githubSigner,
  slackSigner,
  standardSigner,
  hmacSigner,
]
