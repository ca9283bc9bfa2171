import { twilioPolls } from './twilio-polls.ts'
import type { Provider } from './provider.ts'

export const twilio = {
  id: 'twilio',
  displayName: 'Twilio',
  checkedOn: '2026-11-20',
  docs: [
    'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
    'https://www.twilio.com/docs/usage/twilios-response',
  ],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://api.twilio.com',
    otherBaseUrls: { messaging: 'https://messaging.twilio.com', verify: 'https://verify.twilio.com' },
    headers: { accept: 'application/json' },
    errors: {
      code: [{ pointer: '/code' }, { pointer: '/errors/*/code' }],
      message: [{ pointer: '/message' }, { pointer: '/errors/0/message' }],
      rules: [
        // Refused before it was done, whatever was asked.
        { means: 'throttled', code: ['20429', '14107'] },
        { means: 'revoked', code: ['20003', '20005', '20006'] },
        { means: 'missing', code: ['20404'] },
        { means: 'unavailable', code: ['20500', '20503'] },
        { means: 'conflict', code: ['20409'] },
        { means: 'exhausted', code: ['63038'], waitMs: 3_600_000 },
        // The receiver said STOP, is on a block list, or is no number.
        { means: 'invalid', code: ['21610', '21211', '21614', '21408'] },
      ],
      statuses: { 401: 'revoked' },
    },
    requestId: [{ header: 'twilio-request-id' }],
    pages: {
      default: { kind: 'next-url', next: '/next_page_uri', items: '/messages', size: 'PageSize', max: 1_000 },
    },
    lists: { calls: '/calls', recordings: '/recordings', incoming_phone_numbers: '/incoming_phone_numbers' },
  },
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
    // A message that was received has a status of the older name.
    changeKey: [
      [{ form: 'MessageSid' }, { form: 'MessageStatus' }],
      [{ form: 'MessageSid' }, { form: 'SmsStatus' }],
    ],
    eventType: [[{ form: 'MessageStatus' }], [{ form: 'CallStatus' }], [{ form: 'SmsStatus' }]],
    externalId: [{ form: 'AccountSid' }],
    redact: ['/From', '/To', '/Body', '/Caller', '/Called'],
  },
  keys: [
    { basic: { user: '{accountSid}', password: '{authToken}' } },
    { basic: { user: '{keySid}', password: '{keySecret}' } },
  ],
  polls: twilioPolls,
} as const satisfies Provider
