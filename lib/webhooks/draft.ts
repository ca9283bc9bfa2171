import { eventId, type Envelope } from '../buffer/envelope.ts'
import type { EpochMs } from '../primitives/clock.ts'
import { readTrace } from '../telemetry/trace.ts'
import type { Delivery } from './delivery.ts'
import type { Endpoint } from './directory.ts'
import type { Identity } from '../facts/identity.ts'

/** Everything of a delivery's envelope but its body, which is placed when it is stored. */
export function draftEnvelope(
  delivery: Delivery,
  endpoint: Endpoint,
  identity: Identity,
  facts: {
    readonly receivedAt: EpochMs
    readonly keepHeaders: readonly string[] | undefined
    readonly account: string | undefined
  },
): Omit<Envelope, 'body'> {
  const contentType = short(delivery.header('content-type'))
  return {
    v: 1,
    id: eventId(endpoint.tenant, endpoint.id, identity.changeKey ?? identity.deliveryKey),
    tenant: endpoint.tenant,
    provider: endpoint.provider,
    endpoint: endpoint.id,
    via: 'webhook',
    ...identity,
    ...(facts.account !== undefined && { account: facts.account }),
    receivedAt: facts.receivedAt,
    ...(contentType !== undefined && { contentType }),
    headers: keptHeaders(delivery, facts.keepHeaders ?? []),
    ...readTrace(delivery.header),
  }
}

/** The worker needs the encoding to inflate; the rest is what the provider's declaration asks for. */
function keptHeaders(delivery: Delivery, keepHeaders: readonly string[]): Record<string, string> {
  const kept = ['content-encoding', ...keepHeaders].flatMap((name) => {
    const value = short(delivery.header(name))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(kept)
}

const short = (value: string | undefined): string | undefined => value?.slice(0, 256)
