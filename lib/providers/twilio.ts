import type { Provider } from './provider.ts'

export const twilio = {
  id: 'twilio',
  displayName: 'Twilio',
  checkedOn: '2026-11-20',
  docs: ['https://www.twilio.com/docs/usage/webhooks/webhooks-security'],
  webhooks: {
    secretSuffix: 'AUTH_TOKEN',
    // The address as Twilio has it is signed, so the endpoint must say its `publicUrl`. No time is signed.
    scheme: {
      kind: 'hmac',
      algorithm: 'sha1',
      key: { encoding: 'utf8' },
      signature: { header: 'x-twilio-signature', encoding: 'base64', format: { kind: 'plain' } },
      bodyHash: { query: 'bodySHA256' },
      signed: ['{url}', '{form}'],
    },
    body: 'json-or-form',
    ack: { status: 204, body: 'empty' },
    deliveryKey: [
      [{ form: 'MessageSid' }, { form: 'MessageStatus' }],
      [{ form: 'CallSid' }, { form: 'CallStatus' }, { form: 'SequenceNumber' }],
      [{ form: 'CallSid' }, { form: 'CallStatus' }],
    ],
    eventType: [[{ form: 'MessageStatus' }], [{ form: 'CallStatus' }], [{ form: 'SmsStatus' }]],
    externalId: [{ form: 'AccountSid' }],
    redact: ['/From', '/To', '/Body', '/Caller', '/Called'],
  },
  keys: [
    { basic: { user: '{accountSid}', password: '{authToken}' } },
    { basic: { user: '{keySid}', password: '{keySecret}' } },
  ],
} as const satisfies Provider
