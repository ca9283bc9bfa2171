import { senderSite as limits } from '../config/defaults.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Log } from '../telemetry/log.ts'
import { perMinute } from './per-minute.ts'
import type { Postback, PostbackAnswer, PostbackRequest } from './postback.ts'

export interface HttpsPostbackOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
  /** `undefined` where nobody has set the provider's client id and secret. */
  readonly accessToken: (provider: string) => Promise<Secret | undefined>
}

/**
 * {@link Postback} over HTTPS. The event goes into the request as it came: written again, its numbers and spaces would not be
 * what was signed.
 * @see https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post
 */
export function httpsPostback(options: HttpsPostbackOptions): Postback {
  const mayAsk = perMinute(limits.requestsPerMinute, options.clock)
  return async (request) => {
    if (!isObject(request.body)) return 'refused'
    if (!mayAsk()) return 'unavailable'
    const deadline = deadlineAfter(options.clock, ms(limits.postbackMs))
    try {
      return await raceSignal(ask(request, deadline.signal, options), deadline.signal)
    } catch {
      options.log('warn', 'a sender could not be asked for its own words', { provider: request.provider })
      return 'unavailable'
    } finally {
      deadline.end()
    }
  }
}

async function ask(
  { provider, url, facts, body }: PostbackRequest,
  signal: AbortSignal,
  { fetch: send, accessToken }: HttpsPostbackOptions,
): Promise<PostbackAnswer> {
  const token = await accessToken(provider)
  if (!token) return 'not_set_up'
  const head = JSON.stringify(facts).slice(0, -1)
  const answer = await send(url, {
    method: 'POST',
    redirect: 'manual',
    signal,
    headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
    body: Buffer.concat([Buffer.from(`${head},"webhook_event":`), body, Buffer.from('}')]),
  })
  if (answer.status >= 500 || answer.status === 429 || answer.status === 401) return 'unavailable'
  if (!answer.ok) return 'refused'
  const said: unknown = JSON.parse(await boundedText(answer, limits.maxBytes))
  return readPointer(said, '/verification_status') === 'SUCCESS' ? 'valid' : 'refused'
}

/** Whole and alone: what is no JSON could end the event early and name another webhook's id behind it. */
function isObject(body: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
