import type { Method, RateHeaders, RateLimit } from './limits.ts'
import type { PageDialect } from './pages.ts'

/** How a provider's API is called and how it answers, as pure data. `{param}` in addresses is filled by the operator or the connection. */
export interface ApiDeclaration {
  /** When the facts below were last checked, `YYYY-MM-DD`. */
  readonly checkedOn: string
  /** Without a slash at its end; paths of calls are appended. `{PROVIDER}_BASE_URL` in the environment takes its place. */
  readonly baseUrl: string
  /** Further bases of the same API by name: `sandbox`, `eu`, `upload`. Credentials may go there too. */
  readonly otherBaseUrls?: Readonly<Record<string, string>>
  /** Header fields of every call that does not set them itself, lower-case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters of every call that does not set them itself. */
  readonly query?: Readonly<Record<string, string>>
  /** Requests are signed by the vendor's SDK (AWS Signature Version 4) for this service, not by a key in a header. */
  readonly signedBySdk?: { readonly service: string; readonly region: string }
  readonly errors?: ErrorDeclaration
  readonly limits?: readonly RateLimit[]
  /** Where answers tell what is left of a limit; the standard `RateLimit` fields and `Retry-After` are always read. */
  readonly rateHeaders?: readonly RateHeaders[]
  readonly idempotency?: Idempotency
  /** Where an answer's id for the provider's support is: the first that yields text. */
  readonly requestId?: readonly Place[]
  /** Calls that change nothing, whatever their method: a pattern for the end of the address's path. */
  readonly reads?: string
  /** How a change says which version of a thing it was made from. */
  readonly concurrency?: Concurrency
  /** How lists are read; `default`, and by name those that are read otherwise. */
  readonly pages?: { readonly default: PageDialect } & Readonly<Record<string, PageDialect>>
  /** Lists that are read as `default` is and have their items elsewhere: pointers by name. */
  readonly lists?: Readonly<Record<string, string>>
  /** Notifications that say what changed and not how, and where to ask: the first that fits and whose values are all there. */
  readonly thin?: readonly ThinNotification[]
}

/** A notification that brings no more than an id: where the thing itself is. */
export interface ThinNotification {
  /** A pattern for the whole of the event's type, without the provider; its named groups are values too. */
  readonly types: string
  /** With its query. `{name}` is filled with the value of that name. */
  readonly path: string
  /** Default `GET`. */
  readonly method?: 'POST'
  /** Points to each value in the event's data. */
  readonly values: Readonly<Record<string, string>>
}

/**
 * What an answer means. `throttled`: refused unheard, come later. `exhausted`: the day's or month's quota is used up.
 * `unavailable`: a fault there; it may have been done. `expired`: a fresh access token helps. `revoked`: only the user or
 * operator helps. `stale-cursor`: start the list anew. `conflict`: made from an old version.
 */
export type Fault =
  | 'throttled'
  | 'exhausted'
  | 'unavailable'
  | 'expired'
  | 'revoked'
  | 'forbidden'
  | 'payment'
  | 'conflict'
  | 'stale-cursor'
  | 'missing'
  | 'invalid'

export interface ErrorDeclaration {
  /** Every text found is a code of the error; the first is the one reported. */
  readonly code?: readonly Place[]
  /** The first that yields text is the message, for people. */
  readonly message?: readonly Place[]
  /** A 2xx is an error when one of these fits its body. */
  readonly inside?: readonly BodyTest[]
  /** Every body is JSON: a page of HTML in its place is a fault there, whatever its status. */
  readonly always?: 'json'
  /** What errors mean; the first that fits wins, before the statuses. */
  readonly rules?: readonly ErrorRule[]
  /** Statuses that mean something else here than everywhere. */
  readonly statuses?: Readonly<Partial<Record<number, Fault>>>
  /** What an error in a 2xx means that no rule knows; `invalid` without it. */
  readonly insideMeans?: Fault
  /** The provider's own word on whether the same request may be sent again. */
  readonly shouldRetry?: { readonly header: string; readonly yes: string; readonly no: string }
  /** Statuses that say that a cursor is too old, when the call carried one. 410 always does. */
  readonly staleCursor?: readonly number[]
  /** How long a throttled call waits when the answer does not say, milliseconds. */
  readonly throttleWaitMs?: number
}

/** Where a text is in an answer. In a pointer `*` stands for every member of an array; numbers are read as text. */
export type Place =
  | { readonly pointer: string }
  | { readonly header: string }
  /** The text of the first XML element of this name. */
  | { readonly element: string }
  /** What the first group of this pattern holds: of the body, the text at a pointer, or a header. */
  | { readonly pattern: string; readonly at?: string; readonly in?: string }

/** What is said of a body must all hold. */
export interface BodyTest {
  /** JSON at this pointer … */
  readonly pointer?: string
  /** … is this value; */
  readonly equals?: string | number | boolean
  /** … or its text fits this pattern, upper or lower case. Without a pointer: the first 2,048 characters of the body do. */
  readonly pattern?: string
  /** … and it is not that. A pointer alone says that something other than null is there. */
  readonly unless?: BodyTest
}

/** What is said must all hold. */
export interface ErrorRule {
  readonly means: Fault
  readonly status?: readonly number[]
  /** One of the error's codes is one of these. */
  readonly code?: readonly string[]
  /** The error's message fits this pattern, upper or lower case. */
  readonly message?: string
  /** The header is there, and is this where `equals` says so. */
  readonly header?: { readonly name: string; readonly equals?: string }
  /** How long to wait when the answer does not say, milliseconds. */
  readonly waitMs?: number
}

/** What makes a repeated request do nothing twice. */
export interface Idempotency {
  readonly place: { readonly header: string } | { readonly query: string } | { readonly field: string }
  readonly methods: readonly Method[]
  /** The longest key. */
  readonly maxCharacters: number
  /** A pattern for the keys that the provider's SDKs draw anew for each call: the key of the work takes their place. */
  readonly drawn?: string
  /** How long the provider remembers, hours; unsaid where it does not say. */
  readonly hours?: number
}

/** Optimistic concurrency: the `ETag` goes back as `If-Match`, or a field of the thing goes back as it was read. */
export type Concurrency = { readonly kind: 'etag' } | { readonly kind: 'field'; readonly field: string }
