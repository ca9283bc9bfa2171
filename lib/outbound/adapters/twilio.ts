import type { Fetch } from '../fetch-shape.ts'
import { axiosOver } from './axios.ts'

/** The `RequestClient` of the `twilio` package, as far as it is needed. */
export interface TwilioRequestClient {
  readonly axios: { readonly defaults: object }
}

/**
 * Makes a `RequestClient` of Twilio's SDK call over `fetch`, and returns it: the SDK's `httpClient`.
 * @example
 * const httpClient = twilioOver(new RequestClient(), ctx.sluice.fetch())
 * const client = twilio(accountSid, 'from Sluice', { httpClient })
 */
export function twilioOver<Client extends TwilioRequestClient>(client: Client, fetch: Fetch): Client {
  Object.assign(client.axios.defaults, axiosOver(fetch))
  return client
}
