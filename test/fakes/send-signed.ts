import { toSeconds } from '#lib/primitives/clock.ts'
import { endpointOf, gatewayEvent, givenWebhook, type GivenWebhook } from './given-webhook.ts'
import type { Signer } from './signers.ts'

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The webhook function with the signer's endpoint alone. */
export const givenEndpoint = (signer: Signer, secrets: readonly string[] = [signer.secret]): GivenWebhook =>
  givenWebhook({ endpoints: [endpointOf(signer.provider)], secrets: { [signer.provider]: secrets } })

/** What a case does to a right request. */
export interface Change {
  readonly secret?: string
  readonly ageSeconds?: number
  readonly body?: Uint8Array
  readonly headers?: (signed: Record<string, string>) => Record<string, string | undefined>
}

/** Signs the signer's body, changes what the case changes, and sends it. */
export async function sendSigned(given: GivenWebhook, signer: Signer, change: Change = {}) {
  const body = utf8(signer.body)
  const at = toSeconds(given.clock.now()) - (change.ageSeconds ?? 0)
  const signed = { ...(await signer.sign(body, change.secret ?? signer.secret, at)) }
  const headers = Object.entries({ ...signed, ...change.headers?.(signed) }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return given.send(
    gatewayEvent({
      path: `/webhooks/${signer.provider}`,
      headers: Object.fromEntries(headers),
      body: change.body ?? body,
    }),
  )
}
