import { describe, expect, test } from 'vitest'
import type { Mail } from '#lib/outbound/operations/mail.ts'
import { sendGridMail } from '#lib/outbound/operations/sendgrid.ts'
import { sesMail } from '#lib/outbound/operations/ses.ts'
import { givenApi } from './given-api.ts'

const mail: Mail = {
  from: { email: 'shop@example.com', name: 'Shop' },
  to: [{ email: 'a@example.com' }, { email: 'b@example.com', name: 'B' }],
  subject: 'Grüße',
  text: 'Hello',
  html: '<p>Hello</p>',
}

describe('SendGrid', () => {
  test('is handed a mail, and its id is in a header', async () => {
    const { client, sent } = givenApi('sendgrid', { status: 202, headers: { 'x-message-id': 'm-1' } })
    expect(await sendGridMail(client)(mail)).toEqual({ id: 'm-1' })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/mail/send' })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      personalizations: [{ to: mail.to }],
      from: mail.from,
      subject: 'Grüße',
      content: [
        { type: 'text/plain', value: 'Hello' },
        { type: 'text/html', value: '<p>Hello</p>' },
      ],
    })
  })

  test('may be asked without anything being sent', async () => {
    const { client, sent } = givenApi('sendgrid', { status: 200 })
    await sendGridMail(client, { sandbox: true })(mail)
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      mail_settings: { sandbox_mode: { enable: true } },
    })
  })

  test('says what is wrong', async () => {
    const body = {
      errors: [{ message: 'The from address does not match a verified Sender Identity.', field: 'from' }],
    }
    const { client } = givenApi('sendgrid', { status: 403, body })
    await expect(sendGridMail(client)(mail)).rejects.toMatchObject({ kind: 'forbidden', code: 'from' })
  })
})

describe('SES', () => {
  test('is handed a mail, its names as a header may have them', async () => {
    const { client, sent } = givenApi('ses', { body: { MessageId: '0100', Extra: 1 } })
    const from = { email: 'shop@example.com', name: 'Bücher, Spiele und alles was Freude macht' }
    const named = { ...mail, from, replyTo: { email: 'r@example.com', name: 'The "Shop"' } }
    expect(await sesMail(client, { configurationSet: 'main' })(named)).toEqual({ id: '0100' })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/outbound-emails' })
    const body = JSON.parse(sent[0]?.body ?? '') as { FromEmailAddress: string }
    expect(body).toMatchObject({
      Destination: { ToAddresses: ['a@example.com', '"B" <b@example.com>'] },
      ReplyToAddresses: [String.raw`"The \"Shop\"" <r@example.com>`],
      Content: {
        Simple: {
          Subject: { Data: 'Grüße', Charset: 'UTF-8' },
          Body: {
            Text: { Data: 'Hello', Charset: 'UTF-8' },
            Html: { Data: '<p>Hello</p>', Charset: 'UTF-8' },
          },
        },
      },
      ConfigurationSetName: 'main',
    })
    const words = body.FromEmailAddress.replace(' <shop@example.com>', '').split(' ')
    expect(words.every((word) => word.length <= 75)).toBe(true)
    const read = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8')).join('')
    expect(read).toBe(from.name)
  })

  test('that is throttled or refuses is an error', async () => {
    const headers = { 'x-amzn-errortype': 'TooManyRequestsException' }
    const throttled = givenApi('ses', {
      status: 429,
      headers,
      body: { message: 'Maximum sending rate exceeded.' },
    })
    await expect(sesMail(throttled.client)(mail)).rejects.toMatchObject({ kind: 'throttled' })
    const odd = givenApi('ses', { body: { MessageId: 5 } })
    await expect(sesMail(odd.client)(mail)).rejects.toThrow(/at \/MessageId$/)
  })
})

test.each([
  ['/to must have a receiver', { ...mail, to: [] }],
  ['/to/0/email', { ...mail, to: [{ email: 'a@b@c' }] }],
  ['/from/email', { ...mail, from: { email: 'x\r\nBcc: y@example.com' } }],
  ['/from/name must be one line', { ...mail, from: { email: 'x@example.com', name: 'a\nBcc: b' } }],
  ['/subject must be one line', { ...mail, subject: 'Hi\r\nBcc: y@example.com' }],
  ['needs a text or HTML', { ...mail, text: undefined, html: undefined }],
])('no carrier is handed a mail that is none: %s', async (place, wrong) => {
  const { client, sent } = givenApi('sendgrid')
  await expect(sendGridMail(client)(wrong)).rejects.toThrow(place)
  await expect(sesMail(client)(wrong)).rejects.toThrow(place)
  expect(sent).toEqual([])
})
