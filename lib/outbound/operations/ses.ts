import * as z from 'zod/mini'
import type { ApiClient } from '../api-client.ts'
import { asked, askOne, jsonBody } from './asking.ts'
import { checkedMail, type Mail, type SendMail } from './mail.ts'

const sent = z.looseObject({ MessageId: z.string() })

const utf8 = (text: string | undefined) => text && { Data: text, Charset: 'UTF-8' }

/**
 * Letters that are not ASCII, as words of at most 75 characters.
 * @see https://www.rfc-editor.org/rfc/rfc2047#section-2
 */
function encodedWords(text: string): string {
  const words = ['']
  for (const letter of text) {
    const last = words.at(-1) ?? ''
    if (Buffer.byteLength(last + letter) <= 45) words.splice(-1, 1, last + letter)
    else words.push(letter)
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word, 'utf8').toString('base64')}?=`).join(' ')
}

/** As RFC 5322 writes a mailbox. */
function mailboxText({ email, name }: Mail['from']): string {
  if (name === undefined) return email
  const word = /^[\x20-\x7e]*$/.test(name)
    ? `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`
    : encodedWords(name)
  return `${word} <${email}>`
}

/**
 * Sends mail by SES, version 2 of its API. The client's `fetch` is one that signs (`signedFetch`). An address that is not verified is an ApiError
 * of kind `invalid`; an account in the sandbox may write to verified ones only.
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export const sesMail =
  (client: ApiClient, settings: { readonly configurationSet?: string } = {}): SendMail =>
  async (mail, options = {}) => {
    const { from, to, replyTo, subject, text, html } = checkedMail('ses sendMail', mail)
    const body = jsonBody({
      FromEmailAddress: mailboxText(from),
      Destination: { ToAddresses: to.map(mailboxText) },
      ReplyToAddresses: replyTo && [mailboxText(replyTo)],
      Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } } },
      ConfigurationSetName: settings.configurationSet,
    })
    const answer = await askOne(client, sent, '/outbound-emails', asked(client, options, body))
    return { id: answer.MessageId }
  }
