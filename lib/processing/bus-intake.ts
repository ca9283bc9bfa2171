import { eventId, inlineBody, type Envelope } from '../buffer/envelope.ts'
import { identify, reader, type Readable } from '../facts/identity.ts'
import { accountOf, tenantOf, type Ownership } from '../facts/tenant.ts'
import { epochMs } from '../primitives/clock.ts'
import { jsonSlices } from '../primitives/json-slices.ts'
import type { DeclarationOf } from './ledger-entry.ts'

/** The endpoint whose events a bus brings too. */
export interface BusEndpoint extends Ownership {
  readonly id: string
  readonly provider: string
}

export interface BusIntakeDeps {
  /** By the `source` of an EventBridge event, letter by letter. */
  readonly busEndpoint: (source: string) => BusEndpoint | undefined
  readonly declaration: DeclarationOf
}

interface BusEvent {
  readonly id: string
  readonly source: string
  readonly 'detail-type': string
  readonly time: string
  readonly detail: object
}

/**
 * The envelope of an event that a rule put on the queue: its `detail`, exactly as it is written there, under the id that a
 * webhook of the same fact has. `undefined` for a message that is no such event, or of a source that no endpoint names.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/aws-events.html
 */
export function envelopeFromBus(message: string, deps: BusIntakeDeps): Envelope | undefined {
  const event = busEvent(message)
  const endpoint = event && deps.busEndpoint(event.source)
  const declaration = endpoint && deps.declaration(endpoint.provider)
  const text = event && jsonSlices(message, '/detail')?.[0]?.text
  if (!declaration || text === undefined) return undefined
  const bytes = Buffer.from(text, 'utf8')
  const from: Readable = {
    header: (name) => (name === 'detail-type' ? event['detail-type'] : undefined),
    bytes,
    body: { kind: 'json', value: event.detail, inner: event.detail },
  }
  const identity = identify(declaration, from)
  const account = accountOf(declaration, bytes, reader(from))
  const tenant = tenantOf(endpoint, account)
  return {
    v: 1,
    id: eventId(tenant, endpoint.id, identity.changeKey ?? identity.deliveryKey),
    tenant,
    provider: endpoint.provider,
    endpoint: endpoint.id,
    via: 'bus',
    ...identity,
    ...(account !== undefined && { account }),
    receivedAt: epochMs(Date.parse(event.time)),
    contentType: 'application/json',
    headers: {},
    body: inlineBody(bytes),
  }
}

function busEvent(message: string): BusEvent | undefined {
  const document = parse(message) as Partial<Record<keyof BusEvent, unknown>> | null | undefined
  if (typeof document !== 'object' || document === null) return undefined
  const { id, source, time, detail } = document
  const texts = [id, source, time, document['detail-type']]
  const isEvent =
    texts.every((text) => typeof text === 'string' && text !== '' && text.length <= 256) &&
    !Number.isNaN(Date.parse(String(time))) &&
    typeof detail === 'object' &&
    detail !== null
  return isEvent ? (document as BusEvent) : undefined
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
