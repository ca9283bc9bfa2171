import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { busSource } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { toBase64 } from '../primitives/bytes.ts'
import type { SluiceEvent } from './handler.ts'
import { busSink, type Sink } from './sink.ts'

export interface EventBridgeBusOptions {
  readonly client: Pick<EventBridgeClient, 'send'>
  readonly busName: string
}

/** EventBridge counts detail, source and type together; some room is left for the envelope around them. */
const maxDetailBytes = 250_000
const maxDetailTypeChars = 128

/**
 * Publishes every event as a CloudEvent in `detail`. An event that is too large for the bus goes without `data` and with
 * `dataref`, the id under which the API gives it out. `PutEvents` answers 200 also when it refused the entry, so the
 * entry's own answer decides.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBridgeBus({ client, busName }: EventBridgeBusOptions): Sink {
  return {
    name: busSink,
    wants: () => true,
    async deliver(event, { idempotencyKey, rawBody, signal }) {
      const entry = {
        EventBusName: busName,
        Source: busSource,
        DetailType: event.type.slice(0, maxDetailTypeChars),
        Detail: detailOf(event, rawBody, idempotencyKey),
        Time: new Date(event.time),
      }
      const command = new PutEventsCommand({ Entries: [entry] })
      const answer = await client.send(command, { abortSignal: signal })
      if (answer.FailedEntryCount) {
        const code = answer.Entries?.[0]?.ErrorCode ?? 'unknown'
        throw new SluiceError('DESTINATION_UNAVAILABLE', `the bus refused the event (${code})`)
      }
    },
  }
}

function detailOf(event: SluiceEvent, rawBody: Uint8Array, eventId: string): string {
  const whole = stringify(event) ?? JSON.stringify({ ...withoutData(event), data_base64: toBase64(rawBody) })
  if (Buffer.byteLength(whole) <= maxDetailBytes) return whole
  return JSON.stringify({ ...withoutData(event), dataref: `/api/events/${eventId}` })
}

/** `undefined` for data nested too deep to be written again. */
function stringify(event: SluiceEvent): string | undefined {
  try {
    return JSON.stringify(event)
  } catch {
    return undefined
  }
}

const withoutData = (event: SluiceEvent): SluiceEvent => ({ ...event, data: undefined })
