import { eventId, inlineBody, type Envelope } from '../buffer/envelope.ts'
import { identify, reader, type Readable } from '../facts/identity.ts'
import { accountOf, tenantOf, type Ownership } from '../facts/tenant.ts'
import { jsonSlices, type Slice } from '../primitives/json-slices.ts'
import { wrappedText } from '../primitives/wrapped.ts'
import type { Batch, WebhookDeclaration } from '../providers/provider.ts'
import { inflate } from './inflate.ts'

/**
 * The events that one delivery holds, each an envelope of its own with the bytes of its element as they are written.
 * `undefined` where the delivery is one event: its provider sends no batches, or this is none of their forms. An empty batch
 * holds none. An element keeps its id over redeliveries of its batch, whatever else is in it.
 * @throws SluiceError `PAYLOAD_TOO_LARGE` or `PAYLOAD_CORRUPT` when a compressed body can't be opened.
 */
export function split(
  envelope: Envelope,
  raw: Uint8Array,
  declaration: WebhookDeclaration | undefined,
  ownership: Ownership | undefined,
): readonly Envelope[] | undefined {
  // What is an element itself is never taken apart again.
  if (!declaration?.batches || envelope.partOf !== undefined) return undefined
  const text = textOf(inflate(raw, envelope.headers['content-encoding']))
  for (const batch of declaration.batches) {
    const slices = elementsOf(text, batch, declaration)
    if (slices) return slices.map((slice) => elementOf(slice, batch, envelope, ownership))
  }
  return undefined
}

function elementsOf(
  text: string,
  batch: Batch,
  declaration: WebhookDeclaration,
): readonly Slice[] | undefined {
  if (batch.elements === 'lines') return linesOf(text)
  const whole = parse(text)
  const own = batch.inside ? declaration.wrapped && wrappedText(whole, declaration.wrapped) : text
  if (whole === undefined || own === undefined || parse(own) === undefined) return undefined
  return jsonSlices(own, batch.elements)
}

/** Only of two and more: a single JSON text may be spread over lines. */
function linesOf(text: string): readonly Slice[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const areDocuments = lines.length > 1 && lines.every((line) => parse(line) !== undefined)
  return areDocuments ? lines.map((line) => ({ text: line, outer: line })) : undefined
}

function elementOf(slice: Slice, batch: Batch, parent: Envelope, ownership?: Ownership): Envelope {
  const bytes = Buffer.from(slice.text, 'utf8')
  const from: Readable = {
    header: (name) => parent.headers[name],
    bytes,
    body: { kind: 'json', value: parse(slice.text), outer: parse(slice.outer) },
  }
  const identity = identify(batch, from)
  const account = accountOf(batch, bytes, reader(from))
  const tenant = tenantOf(ownership ?? parent, account)
  const key = identity.changeKey ?? identity.deliveryKey
  const {
    redrive: _redrive,
    redriveBy: _by,
    occurredAt: _occurredAt,
    account: _account,
    headers,
    ...facts
  } = parent
  const { 'content-encoding': _encoding, ...kept } = headers
  return {
    ...facts,
    ...identity,
    id: eventId(tenant, parent.endpoint, key),
    // A batch that is sent through again is a new one, and so are its elements.
    ...(parent.replayOf !== undefined && {
      id: eventId(tenant, parent.endpoint, `${key}#replay:${parent.id}`),
      replayOf: eventId(tenant, parent.endpoint, key),
    }),
    partOf: parent.id,
    tenant,
    ...(account !== undefined && { account }),
    contentType: 'application/json',
    headers: kept,
    body: inlineBody(bytes),
  }
}

const textOf = (body: Uint8Array): string =>
  Buffer.from(body)
    .toString('utf8')
    .replace(/^\uFEFF/, '')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
