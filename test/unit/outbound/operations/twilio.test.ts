import { expect, test } from 'vitest'
import { listSms, sendSms, type SmsInput } from '#lib/outbound/operations/twilio.ts'
import { collect, givenApi } from './given-api.ts'

const accountSid = `AC${'a1'.repeat(16)}`
const input: SmsInput = {
  accountSid,
  to: '+15555551234',
  from: '+15557654321',
  body: 'Your order is on its way',
  statusCallback: 'https://gateway.example/webhooks/twilio',
  maxPrice: '0.10',
}
const sms = {
  sid: `SM${'b2'.repeat(16)}`,
  status: 'queued',
  to: '+15555551234',
  from: '+15557654321',
  date_created: 'Thu, 24 Aug 2026 05:01:45 +0000',
  price: null,
  price_unit: 'USD',
  error_code: null,
  num_segments: '1',
}

test('a message is sent as a form, with where its fate is told and what it may cost', async () => {
  const { client, sent, form } = givenApi('twilio', { status: 201, body: sms })
  expect(await sendSms(client, input)).toMatchObject({ status: 'queued', num_segments: '1' })
  expect(sent[0]).toMatchObject({
    method: 'POST',
    target: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
  })
  expect(sent[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(form()).toEqual({
    To: '+15555551234',
    From: '+15557654321',
    Body: 'Your order is on its way',
    StatusCallback: 'https://gateway.example/webhooks/twilio',
    MaxPrice: '0.10',
  })
})

test('a messaging service may pick the number', async () => {
  const { client, form } = givenApi('twilio', { status: 201, body: { ...sms, from: null } })
  const from = `MG${'c3'.repeat(16)}`
  await sendSms(client, { ...input, from })
  expect(form()).toMatchObject({ MessagingServiceSid: from })
  expect(form()).not.toHaveProperty('From')
})

test.each([
  ['/to must be a number in E.164', { ...input, to: '5555551234' }],
  ['/to', { ...input, to: '+0123456789' }],
  ['/from', { ...input, from: 'Acme' }],
  ['/body', { ...input, body: '' }],
  ['/statusCallback', { ...input, statusCallback: 'http://gateway.example' }],
  ['/maxPrice', { ...input, maxPrice: 0.1 }],
  ['/maxPrice', { ...input, maxPrice: '1e-1' }],
  ['/accountSid', { ...input, accountSid: 'AC1' }],
])('a message with a wrong %s is not sent', async (place, wrong) => {
  const { client, sent } = givenApi('twilio')
  await expect(sendSms(client, wrong as SmsInput)).rejects.toThrow(place)
  expect(sent).toEqual([])
})

test('a receiver who said STOP is an error that a retry does not mend', async () => {
  const body = { code: 21_610, message: 'Attempt to send to unsubscribed recipient', status: 400 }
  const { client } = givenApi('twilio', { status: 400, body })
  await expect(sendSms(client, input)).rejects.toMatchObject({
    kind: 'invalid',
    code: '21610',
    retryable: false,
  })
})

test('a price that is a number is refused', async () => {
  const { client } = givenApi('twilio', { status: 201, body: { ...sms, price: -0.0075 } })
  await expect(sendSms(client, input)).rejects.toThrow(/at \/price$/)
})

test('messages since a day are read along their pages', async () => {
  const next = `/2010-04-01/Accounts/${accountSid}/Messages.json?Page=1&PageToken=x`
  const { client, sent } = givenApi(
    'twilio',
    { body: { messages: [sms], next_page_uri: next } },
    { body: { messages: [{ ...sms, price: '-0.00750' }], next_page_uri: null } },
  )
  const found = await collect(listSms(client, { accountSid, sentSince: '2026-11-01' }))
  expect(found.map(({ price }) => price)).toEqual([null, '-0.00750'])
  expect(sent[0]?.target).toContain('/Messages.json?DateSent%3E=2026-11-01&PageSize=1000')
  expect(sent[1]?.target).toBe(`https://api.example${next}`)
})
