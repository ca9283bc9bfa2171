import type { Millis } from '../primitives/clock.ts'
import type { Envelope } from './envelope.ts'

/** Where accepted envelopes wait for the worker. */
export interface Buffer {
  /**
   * Resolves once the envelope is stored durably; with a delay, nobody is handed it before that is over.
   * @throws whatever the store threw; the caller decides between a second try and the spill.
   */
  send(envelope: Envelope, signal: AbortSignal, delay?: Millis): Promise<void>
  /** The same for a message that is already written, readable or not. */
  sendText(message: string, tenant: string, signal: AbortSignal): Promise<void>
}

/** Where bytes go that do not fit a message, or that the queue did not take. */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** `undefined` when there is no such object. */
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  delete(key: string, signal: AbortSignal): Promise<void>
  /** Up to `limit` keys under `prefix`, in lexical order. */
  list(prefix: string, limit: number, signal: AbortSignal): Promise<readonly string[]>
}
