import type { ApiDeclaration } from './api.ts'
import type { AuthDeclaration, KeyForm, OAuthGrant } from './auth.ts'
import type { Keepers } from './keeper.ts'
import type { Polls } from './polls.ts'
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
  /** How tokens are had that let calls in. */
  readonly auth?: AuthDeclaration
  /** What lets calls in without a token, the usual form first. */
  readonly keys?: readonly KeyForm[]
  /** How this deployment itself is let in, beside its users, by the same registration. */
  readonly appAuth?: OAuthGrant
  /** How its API is called and answers. */
  readonly api?: ApiDeclaration
  /** What of it is read again and again, so that a lost webhook is no lost fact. */
  readonly polls?: Polls
  /** What of its webhooks ends by itself, fails without a retry or is switched off, and has to be looked after. */
  readonly keeper?: Keepers
}

export interface WebhookDeclaration extends Identification {
  readonly scheme: Scheme
  /** How the name of its secret ends, where that is not `WEBHOOK_SECRET`: `AUTH_TOKEN` makes `TWILIO_AUTH_TOKEN`. */
  readonly secretSuffix?: string
  /** A request that asks for an answer instead of bringing an event; answered only after the signature holds. */
  readonly handshake?: Handshake
  /** The provider's own acknowledgement, where 202 with JSON is not what it wants. */
  readonly ack?: Ack
  /** Unsigned id of a delivery, kept to notice the same signed body under a new one (`replayed-delivery`). */
  readonly unsignedId?: string
  /** Request headers to keep in the envelope, lower-case. Never a credential or signature. */
  readonly keepHeaders?: readonly string[]
  /** How the body must parse; `raw` bodies are opaque. */
  readonly body: 'json' | 'json-or-form' | 'raw'
  /** Where the event itself is, when the body only wraps it: text at a pointer that holds JSON. Handlers get that as data. */
  readonly wrapped?: Wrapping
  /** Sources of EventBridge events that bring the same facts; their `detail` takes the place of the body. */
  readonly bus?: { readonly sources: readonly string[] }
  /** JSON pointers (RFC 6901) that may differ between two deliveries of one event. */
  readonly volatile?: readonly string[]
  /** Deliveries that are acknowledged and not stored: they tell nothing. */
  readonly ignore?: readonly (ValueSource & { readonly equals: string })[]
  /** JSON pointers whose values are never shown; `*` matches one segment. */
  readonly redact?: readonly string[]
}

/** What tells one event from another, and what it is. */
export interface Identification {
  /** Identity of a delivery: the first that yields text wins; without any, the SHA-256 of the body. */
  readonly deliveryKey: readonly KeySource[]
  /** Identity of the fact where it is not that of the delivery: equal for a webhook, a poll and a bus that bring the same. */
  readonly changeKey?: readonly KeySource[]
  /** The provider's type of the event: the first alternative whose sources all yield text, joined by `.`. */
  readonly eventType: readonly (readonly ValueSource[])[]
  /** The provider's time of the event: the first that can be read as one. */
  readonly eventTime?: readonly TimeSource[]
  /** The id of the account at the provider that the event belongs to; an endpoint says which tenant that is. */
  readonly externalId?: readonly ValueSource[]
  /** Forms of a delivery that holds several events; the first that fits is taken apart. Other deliveries are one event. */
  readonly batches?: readonly Batch[]
}

export type TimeSource = ValueSource & { readonly unit: 's' | 'ms' | 'iso' }

/**
 * A delivery of several events. It is stored as one, and the worker takes it apart: each element is an event of its own,
 * its pointers begin at the element.
 */
export interface Batch extends Omit<Identification, 'batches'> {
  /** Where the elements are: a pointer in which `*` stands for every member of an array; or `lines` of the body. */
  readonly elements: 'lines' | `/${string}`
  /** The elements are in the document that is {@link WebhookDeclaration.wrapped}. */
  readonly inside?: true
}

/** One source, or several that must all yield text, joined by `|`. */
export type KeySource = ValueSource | readonly ValueSource[]

/** Where a value is read from. A pointer that leads to anything but text or a finite number yields nothing. */
export type ValueSource =
  | { readonly header: string }
  /** `form` undoes the encoding of a form field (`+`, `%20`). */
  | { readonly pointer: string; readonly decode?: 'form' }
  /** In a batch: a pointer that begins at what the first `*` of the elements stands for. */
  | { readonly outer: string }
  /** A pointer into the document that is {@link WebhookDeclaration.wrapped}. */
  | { readonly inside: string }
  /** A form body's field; `pointer` then reads inside it, where the field holds JSON. */
  | { readonly form: string; readonly pointer?: string }

/** A document inside a document, as text or as text in base64 (either alphabet). */
export interface Wrapping {
  readonly pointer: string
  readonly encoding: 'text' | 'base64'
}

/** The body says that it is a handshake when the text at `pointer` equals `equals`. */
export type Handshake = { readonly when: { readonly pointer: string; readonly equals: string } } & (
  | {
      /** The text at this pointer is echoed as `text/plain`, at most 256 characters. */
      readonly echo: string
    }
  | {
      /** The address at this pointer is called; it must match `only`, a pattern for the whole of it. */
      readonly visit: string
      readonly only: string
    }
)

export interface Ack {
  readonly status: 200 | 202 | 204
  /** `empty` sends no body; `json` the usual `{id, status}`; fields a JSON object of texts and of values of the delivery. */
  readonly body: 'empty' | 'json' | { readonly fields: Readonly<Record<string, string | ValueSource>> }
}
