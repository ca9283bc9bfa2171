import { eventId } from '#lib/buffer/envelope.ts'
import { epochMs, type EpochMs } from '#lib/primitives/clock.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { WebhookDeclaration } from '#lib/providers/provider.ts'
import type { Scheme } from '#lib/providers/scheme.ts'
import { parseBody } from '#lib/facts/body.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import { identify } from '#lib/facts/identity.ts'
import { chance } from '../samples/chance.ts'
import { samplerOf } from '../samples/samples.ts'
import { signatureHeaders } from '../sign.ts'

/** One webhook that is ready to be signed: equal for equal seeds, byte for byte. */
export interface Webhook {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** What a scheme signs that signs an id. */
  readonly signedId: string
}

export interface Recipe {
  readonly endpoint: Endpoint
  readonly seed: number
  readonly type?: string
  /** Sent as it is, instead of a sample. */
  readonly body?: Uint8Array
  /** Default `application/json`. */
  readonly contentType?: string
  /** The time that the samples tell; a fixed one keeps their bytes equal. */
  readonly at: EpochMs
}

/** What a seeded run tells as the time of its events, so that it can be repeated byte for byte: 2026-01-01. */
export const seededTime = epochMs(Date.UTC(2026, 0, 1))

/** The `index`th webhook of a run. It depends on nothing but the recipe, so runs of any length begin alike. */
export function webhookAt(recipe: Recipe, index: number): Webhook {
  const { endpoint, seed, type, body, contentType = 'application/json', at } = recipe
  const sampler = samplerOf(endpoint.provider)
  const wanted = type ?? sampler.defaultType
  const luck = chance(JSON.stringify([endpoint.provider, wanted, seed, index]))
  const sample = sampler.make({ type: wanted, at, chance: luck })
  const { 'webhook-id': signedId = `msg_${luck.text(27)}`, ...headers } = sample.headers ?? {}
  return {
    body: body ?? Buffer.from(JSON.stringify(sample.body)),
    headers: { 'content-type': contentType, ...headers },
    signedId,
  }
}

/** Every header of the request, signed now. */
export const signedHeaders = (
  webhook: Webhook,
  scheme: Scheme,
  secret: Secret,
  now: EpochMs,
): Record<string, string> => ({
  ...webhook.headers,
  ...signatureHeaders(scheme, secret, { body: webhook.body, now, id: webhook.signedId }),
})

/** The event's id, worked out as the gateway does: providers that want an empty answer are not told it. */
export function idOf(
  { body, headers }: Pick<Webhook, 'body' | 'headers'>,
  endpoint: Endpoint,
  declaration: WebhookDeclaration,
): string {
  const parsed = parseBody(body, declaration, { contentType: headers['content-type'] })
  const identity = identify(declaration, { bytes: body, header: (name) => headers[name], body: parsed })
  return eventId(endpoint.tenant, endpoint.id, identity.changeKey ?? identity.deliveryKey)
}
