import * as z from 'zod/mini'
import { checked, type AskOptions } from './asking.ts'
import { email, line } from './fields.ts'

const mailbox = z.strictObject({ email, name: z.optional(line.check(z.maxLength(100))) })

const mailInput = z
  .strictObject({
    from: mailbox,
    /** Each of them sees the others. */
    to: z.array(mailbox).check(z.minLength(1, 'must have a receiver'), z.maxLength(50, 'must be at most 50')),
    replyTo: z.optional(mailbox),
    subject: line.check(z.minLength(1, 'must not be empty'), z.maxLength(998, 'must be at most 998')),
    text: z.optional(z.string().check(z.minLength(1))),
    html: z.optional(z.string().check(z.minLength(1))),
  })
  .check(z.refine(({ text, html }) => text !== undefined || html !== undefined, 'needs a text or HTML'))

/** A mail, whoever carries it. */
export type Mail = z.input<typeof mailInput>

/**
 * Hands a mail over to be sent, and says under which id. That it was delivered, or bounced, a webhook tells later. No carrier
 * here knows an idempotency key: when the answer is lost, the mail may go out twice if it is handed over again.
 * @throws {TypeError} for a mail that is none
 */
export type SendMail = (mail: Mail, options?: AskOptions) => Promise<{ readonly id: string | undefined }>

export const checkedMail = (operation: string, mail: Mail): z.output<typeof mailInput> =>
  checked(operation, mailInput, mail)
