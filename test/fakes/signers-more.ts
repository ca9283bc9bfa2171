import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import type { Signer } from './signers.ts'

const json = { 'content-type': 'application/json' }
const hmacOf = (encoding: 'hex' | 'base64') => (secret: string, body: Uint8Array) =>
  createHmac('sha256', secret).update(body).digest(encoding)

/** A sender that signs its body alone with HMAC-SHA256. */
const bodySigner = (provider: string, header: string, encoding: 'hex' | 'base64', body: string): Signer => ({
  provider,
  secret: `the secret of ${provider}`,
  otherSecret: 'the secret of someone else',
  signatureHeader: header,
  body,
  sign: async (bytes, secret) => ({ ...json, [header]: hmacOf(encoding)(secret, bytes) }),
})

const quickbooksSigner = bodySigner(
  'quickbooks',
  'intuit-signature',
  'base64',
  '[{"specversion":"1.0","id":"88cd52aa","type":"qbo.customer.updated.v1","time":"2026-05-28T20:26:40Z","intuitentityid":"7","intuitaccountid":"310687"}]',
)
const leaflinkSigner = bodySigner('leaflink', 'll-signature', 'base64', '{"event":"order.changed","id":9}')
const mycarrierpacketsSigner = bodySigner(
  'mycarrierpackets',
  'mcp-signature',
  'hex',
  '{"eventType":"carrier.packet.completed","eventDateTime":"2026-05-28T20:26:40.1234567Z","eventData":{}}',
)

/** Pairs whose public half is the endpoint's secret; the private half signs, as only the provider can. */
const pairs = new Map<string, ReturnType<typeof generateKeyPairSync>['privateKey']>()
function publicHalf(kind: 'ec' | 'ed25519'): string {
  const pair =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  const text = kind === 'ec' ? spki.toString('base64') : `whpk_${spki.subarray(-32).toString('base64')}`
  pairs.set(text, pair.privateKey)
  return text
}
function signedBy(secret: string, hash: 'sha256' | null, data: Uint8Array): string {
  const key = pairs.get(secret)
  if (!key) throw new Error('nobody holds the private half of this key')
  return signBytes(hash, data, key).toString('base64')
}

export const sendgridSigner: Signer = {
  provider: 'sendgrid',
  thirdSecret: publicHalf('ec'),
  secret: publicHalf('ec'),
  otherSecret: publicHalf('ec'),
  signatureHeader: 'x-twilio-email-event-webhook-signature',
  timestampHeader: 'x-twilio-email-event-webhook-timestamp',
  body: '[{"email":"a@example.com","event":"delivered","sg_event_id":"ZGVs"}]\r\n',
  sign: async (body, secret, timestamp) => ({
    ...json,
    'x-twilio-email-event-webhook-timestamp': String(timestamp),
    'x-twilio-email-event-webhook-signature': signedBy(
      secret,
      'sha256',
      Buffer.concat([Buffer.from(String(timestamp)), body]),
    ),
  }),
}

/** Standard Webhooks by public key. */
export const asymmetricSigner: Signer = {
  provider: 'standard-webhooks',
  name: 'standard-webhooks v1a',
  thirdSecret: publicHalf('ed25519'),
  secret: publicHalf('ed25519'),
  otherSecret: publicHalf('ed25519'),
  signatureHeader: 'webhook-signature',
  timestampHeader: 'webhook-timestamp',
  body: '{"type":"invoice.paid","data":{"id":1}}',
  sign: async (body, secret, timestamp) => {
    const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
    const data = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
    return {
      ...json,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1a,${signedBy(secret, null, data)}`,
    }
  },
}

/** Senders that sign nothing and show a credential. */
export const credentialSigners: readonly Signer[] = [
  {
    provider: 'google-calendar',
    secret: 'target=cal&k=3f6c1f0d9b2e4a57',
    otherSecret: 'target=cal&k=3f6c1f0d9b2e4a58',
    signatureHeader: 'x-goog-channel-token',
    body: '',
    sign: async (_body, secret) => ({
      'x-goog-channel-id': '01234567-89ab-cdef-0123456789ab',
      'x-goog-message-number': '10',
      'x-goog-resource-state': 'exists',
      'x-goog-channel-token': secret,
    }),
  },
  {
    provider: 'auth0',
    secret: 'a configured authorization value',
    otherSecret: 'another configured value',
    signatureHeader: 'authorization',
    body: '{"log_id":"90020","data":{"type":"s"}}',
    sign: async (_body, secret) => ({ ...json, authorization: secret }),
  },
  {
    provider: 'mixpanel',
    secret: 'mixpanel:a password of length',
    otherSecret: 'mixpanel:another password',
    signatureHeader: 'authorization',
    body: '{"action":"members","parameters":{"mixpanel_session_id":"s1","page_info":{"page_count":1}}}',
    sign: async (_body, secret) => ({
      ...json,
      authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
    }),
  },
]

export const moreSigners: readonly Signer[] = [
  quickbooksSigner,
  leaflinkSigner,
  mycarrierpacketsSigner,
  sendgridSigner,
  asymmetricSigner,
]
