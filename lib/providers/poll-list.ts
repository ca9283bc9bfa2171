import type { ValueSource } from './provider.ts'

/** In texts, `{since}`, `{until}` and names of the stream's own parameters (`{channel}`) are filled in. */
export interface PollList {
  readonly path: string
  readonly method?: 'GET' | 'POST'
  /** Which of the API's bases. */
  readonly base?: string
  readonly params?: Readonly<Record<string, string>>
  /** A JSON body; `take` names parameters of pages that belong into it instead of the address. */
  readonly body?: { readonly json: PlainJson; readonly take?: readonly string[] }
  /** A name in the API's `pages`; `single` where the list is one answer. Default `default`. */
  readonly pages?: string
  readonly pageSize?: number
  /** Points to the items, where that is not where the pages have them. */
  readonly items?: string
  /** Each line is an item. */
  readonly lines?: true
  /** What of an item are events, each one of its own; without it the item is one. */
  readonly parts?: readonly PollPart[]
  /** Points to what every good answer has, where a list that is not there says that it is empty. */
  readonly always?: string
  /** So many items mean that the rest was cut off. Then `instead` is read too, and the end of the window by itself. */
  readonly cut?: {
    readonly at: number
    readonly instead: Pick<PollList, 'path' | 'params' | 'pages' | 'items'>
  }
  /** What one answer may take, where it is more than calls usually may: milliseconds with its body, and bytes once inflated. */
  readonly answer?: { readonly timeoutMs: number; readonly maxBytes: number }
  /** The answer has an `ETag`, and a 304 costs nothing. */
  readonly conditional?: true
}

/** Events in an item, or the item itself where `at` is empty. Pointers begin there, `outer` at the item. */
export interface PollPart {
  readonly at: string
  readonly type: string
  readonly deliveryKey: readonly PollKey[]
}

export type PlainJson =
  | string
  | number
  | boolean
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson }

/**
 * `iso` has milliseconds and `Z`, `iso-s` no fractions, `local` no zone either. `date` is the day in UTC. `slack` is seconds with
 * six digits behind the point.
 */
export type TimeFormat = 'iso' | 'iso-s' | 'local' | 'date' | 's' | 'ms' | 'slack'

/** A value of an item, or a parameter of the stream. */
export type PollValue = Exclude<ValueSource, { readonly header: string }> | { readonly param: string }

/** `day` is `20261121`, `rfc2822` an e-mail's date. What is ISO without a zone is read as UTC. */
export type PollTime = PollValue & { readonly unit: 's' | 'ms' | 'iso' | 'rfc2822' | 'day' }

export type PollKey = PollValue | readonly PollValue[]
