import type { Fetch } from '../fetch-shape.ts'
import { axiosOver } from './axios.ts'

/** What `@sendgrid/client` exports, as far as it is needed: the request's `url` is what its types insist on. */
export interface SendgridClient {
  setDefaultRequest(request: { url: string }): unknown
}

/** What `@sendgrid/mail` exports, as far as it is needed. */
export interface SendgridMail {
  setClient(client: never): unknown
}

/**
 * Another client of the same class, that calls over `fetch`. The one that the package exports is everybody's, and stays as it
 * is. It needs no key: `setApiKey` need not be called.
 * @example
 * import client from '@sendgrid/client'
 * const sendgrid = sendgridOver(client, ctx.sluice.fetch({ provider: 'sendgrid' }))
 */
export function sendgridOver<Client extends SendgridClient>(client: Client, fetch: Fetch): Client {
  const own = anotherOf(client)
  own.setDefaultRequest({ url: '', ...axiosOver(fetch) })
  return own
}

/**
 * Another mail service of the same class, whose `client` calls over `fetch`.
 * @example
 * import client from '@sendgrid/client'
 * import mail from '@sendgrid/mail'
 * const letters = sendgridMailOver(mail, sendgridOver(client, ctx.sluice.fetch({ provider: 'sendgrid' })))
 */
export function sendgridMailOver<Mail extends SendgridMail>(mail: Mail, client: SendgridClient): Mail {
  const own = anotherOf(mail)
  own.setClient(client as never)
  return own
}

/** The packages export one object each; their types do not tell of its class. */
const anotherOf = <T extends object>(one: T): T => new (one.constructor as new () => T)()
