import * as z from 'zod/mini'
import { twilio } from '../../providers/twilio.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, formBody, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { day, decimal, httpsUrl, phoneNumber } from './fields.ts'

const accountSid = z.string().check(z.regex(/^AC[\da-f]{32}$/, 'must be the SID of an account'))
const serviceSid = z.string().check(z.regex(/^MG[\da-f]{32}$/, 'must be the SID of a messaging service'))

const messageInput = z.strictObject({
  accountSid,
  to: phoneNumber,
  /** One of your numbers, or a messaging service, which picks one. */
  from: z.union([phoneNumber, serviceSid], 'must be a number in E.164 or a messaging service'),
  body: z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1_600, 'must be at most 1,600')),
  /** Where Twilio tells what became of it: `https://…/webhooks/twilio`. */
  statusCallback: z.optional(httpsUrl),
  /** Most dollars for it, a decimal as text: `0.10`. */
  maxPrice: z.optional(decimal.check(z.regex(/^\d{1,4}(?:\.\d{1,4})?$/, 'must be dollars: 0.10'))),
})

export type SmsInput = z.input<typeof messageInput>

const message = z.looseObject({
  sid: z.string().check(z.regex(/^[SM]M[\da-f]{32}$/)),
  /** `queued`, `sent`, `delivered`, `undelivered`, `failed`, … */
  status: z.string(),
  to: z.string(),
  /** Unknown until a service picked it. */
  from: z.nullable(z.string()),
  date_created: z.nullable(z.string()),
  /** A decimal as text, below zero; unknown at first. */
  price: z.nullable(decimal),
  price_unit: z.optional(z.nullable(z.string())),
  error_code: z.nullable(z.int()),
})

export type Sms = z.output<typeof message>

/**
 * Queues a message. The answer does not say that it was delivered: only the status callback does, and its signature is checked.
 * Twilio knows no idempotency key, so that it is sent again only where Twilio said that it was not done (429). A receiver who said
 * STOP (21610), or a number that is none (21211), is an ApiError of kind `invalid`.
 * @see https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export async function sendSms(client: ApiClient, input: SmsInput, options: AskOptions = {}): Promise<Sms> {
  const { accountSid: sid, from, ...rest } = checked('twilio sendSms', messageInput, input)
  const body = formBody({
    To: rest.to,
    ...(from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from }),
    Body: rest.body,
    StatusCallback: rest.statusCallback,
    MaxPrice: rest.maxPrice,
  })
  return askOne(
    client,
    message,
    pathTo`/2010-04-01/Accounts/${sid}/Messages.json`,
    asked(client, options, body),
  )
}

const listInput = z.strictObject({
  accountSid,
  /** Sent on this day (in UTC) or later. */
  sentSince: z.optional(day),
})

/** Messages, the newest first. @see https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources */
export function listSms(
  client: ApiClient,
  input: z.input<typeof listInput>,
  options: AskOptions = {},
): AsyncGenerator<Sms, void, void> {
  const { accountSid: sid, sentSince } = checked('twilio listSms', listInput, input)
  // "From this day on" is a part of the parameter's name.
  const start = withQuery(pathTo`/2010-04-01/Accounts/${sid}/Messages.json`, { 'DateSent>': sentSince })
  const { default: dialect } = twilio.api.pages
  return typedItems(message, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}
