import type { Secret } from '../primitives/secret.ts'
import type { Endpoint } from './directory.ts'

/** The signing secrets that are live for an endpoint right now: two during a rotation. */
export type LiveSecrets =
  | { readonly kind: 'loaded'; readonly secrets: readonly Secret[] }
  /** The store has never answered, so nobody knows whether a signature is right. */
  | { readonly kind: 'unavailable' }

/** Where signing secrets come from. Answers from memory: no request, forged or honest, causes a fetch. */
export interface SigningSecrets {
  /** Waits for the first load of a cold start, never for a later one. */
  of(endpoint: Endpoint): Promise<LiveSecrets>
}
