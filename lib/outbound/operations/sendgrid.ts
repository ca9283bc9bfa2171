import { askText, type ApiClient } from '../api-client.ts'
import { asked, jsonBody } from './asking.ts'
import { checkedMail, type SendMail } from './mail.ts'

export interface SendGridOptions {
  /** Says whether the mail would be taken, and sends nothing. */
  readonly sandbox?: boolean
}

/**
 * Sends mail by SendGrid. A 202 says that it is queued, no more. Without an idempotency key, give the events a custom argument to
 * know them by.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
 */
export const sendGridMail =
  (client: ApiClient, { sandbox = false }: SendGridOptions = {}): SendMail =>
  async (mail, options = {}) => {
    const { from, to, replyTo, subject, text, html } = checkedMail('sendgrid sendMail', mail)
    const parts = [
      // Plain text comes first, or SendGrid refuses it.
      ...(text === undefined ? [] : [{ type: 'text/plain', value: text }]),
      ...(html === undefined ? [] : [{ type: 'text/html', value: html }]),
    ]
    const body = jsonBody({
      personalizations: [{ to }],
      from,
      reply_to: replyTo,
      subject,
      content: parts,
      ...(sandbox && { mail_settings: { sandbox_mode: { enable: true } } }),
    })
    const { headers } = await askText(client, '/mail/send', asked(client, options, body))
    return { id: headers.get('x-message-id') ?? undefined }
  }
