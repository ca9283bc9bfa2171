import type { Scheme } from './scheme.ts'

/**
 * A third-party system, declared as pure data that survives a JSON round trip. What can't be said with this vocabulary
 * becomes a new word of the engine, never a function in a provider's file.
 */
export interface Provider {
  readonly id: string
  readonly displayName: string
  /** When the facts below were last checked against the provider's documentation, `YYYY-MM-DD`. */
  readonly checkedOn: string
  readonly docs: readonly string[]
  readonly webhooks?: WebhookDeclaration
}

export interface WebhookDeclaration {
  readonly scheme: Scheme
  /** How the name of its secret ends, where that is not `WEBHOOK_SECRET`: `AUTH_TOKEN` makes `TWILIO_AUTH_TOKEN`. */
  readonly secretSuffix?: string
  /** A request that asks for an answer instead of bringing an event; answered only after the signature holds. */
  readonly handshake?: Handshake
  /** The provider's own acknowledgement, where 202 with JSON is not what it wants. */
  readonly ack?: Ack
  /** Identity of a delivery: the first that yields text wins; without any, the SHA-256 of the body. */
  readonly deliveryKey: readonly KeySource[]
  /** The provider's type of the event: the first alternative whose sources all yield text, joined by `.`. */
  readonly eventType: readonly (readonly ValueSource[])[]
  /** The provider's time of the event. */
  readonly eventTime?: ValueSource & { readonly unit: 's' | 'ms' | 'iso' }
  /** Unsigned id of a delivery, kept to notice the same signed body under a new one (`replayed-delivery`). */
  readonly unsignedId?: string
  /** Request headers to keep in the envelope, lower-case. Never a credential or signature. */
  readonly keepHeaders?: readonly string[]
  /** How the body must parse; `raw` bodies are opaque. */
  readonly body: 'json' | 'json-or-form' | 'raw'
  /** JSON pointers (RFC 6901) that may differ between two deliveries of one event. */
  readonly volatile?: readonly string[]
  /** The id of the account at the provider that the event belongs to; an endpoint says which tenant that is. */
  readonly externalId?: readonly ValueSource[]
  /** Deliveries that are acknowledged and not stored: they tell nothing. */
  readonly ignore?: readonly (ValueSource & { readonly equals: string })[]
  /** JSON pointers whose values are never shown; `*` matches one segment. */
  readonly redact?: readonly string[]
}

/** One source, or several that must all yield text, joined by `|`. */
export type KeySource = ValueSource | readonly ValueSource[]

/** Where a value is read from. A pointer that leads to anything but text or a finite number yields nothing. */
export type ValueSource =
  | { readonly header: string }
  | { readonly pointer: string }
  /** A form body's field; `pointer` then reads inside it, where the field holds JSON. */
  | { readonly form: string; readonly pointer?: string }

export interface Handshake {
  /** The body says that it is a handshake when the text at `pointer` equals `equals`. */
  readonly when: { readonly pointer: string; readonly equals: string }
  /** The text at this pointer is echoed as `text/plain`, at most 256 characters. */
  readonly echo: string
}

export interface Ack {
  readonly status: 200 | 202 | 204
  /** `empty` sends no body; `json` the usual `{id, status}`; fields a JSON object of texts and of values of the delivery. */
  readonly body: 'empty' | 'json' | { readonly fields: Readonly<Record<string, string | ValueSource>> }
}
