import { decodeEnvelope, type Envelope } from '../buffer/envelope.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { envelopeFromBus, type BusIntakeDeps } from './bus-intake.ts'

/** The event in a message of the queue: an envelope, or what a rule of a bus put there. `undefined` when it is neither. */
export function readMessage(message: string, deps: BusIntakeDeps): Envelope | undefined {
  try {
    return decodeEnvelope(message)
  } catch (error) {
    if (error instanceof SluiceError) return envelopeFromBus(message, deps)
    throw error
  }
}
