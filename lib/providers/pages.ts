/**
 * How a list is read page by page, as pure data. `items` points to the array; `size` is the parameter that asks for a
 * page's length, `max` the most the provider gives. Names are of query parameters unless they are pointers or headers.
 */
export type PageDialect = { readonly items: string; readonly size?: string; readonly max?: number } & (
  | {
      /** `?offset=200&limit=100`, until a page is short or `total` is reached. */
      readonly kind: 'offset'
      readonly offset: string
      /** The offset of the first item; 0 without it. */
      readonly first?: number
      readonly total?: string
    }
  | {
      /** `?page=3`. Ends with an empty page, or by what `next` or `last` says. */
      readonly kind: 'page'
      readonly page: string
      readonly first: number
      /** Points to the number or address of the next page; nothing or null at the end. */
      readonly next?: string
      /** Points to the number of the last page, where asking for one more is an error. */
      readonly last?: string
    }
  | {
      /** A token in the answer asks for the next page; none, or an empty one, is the end. */
      readonly kind: 'cursor'
      readonly cursor: string
      readonly next: string
    }
  | {
      /** The last item's id asks for what comes after it. */
      readonly kind: 'keyset'
      readonly after: string
      /** Points to the id inside an item. */
      readonly id: string
      readonly hasMore?: string
    }
  /** `Link: <…>; rel="next"` (RFC 8288). */
  | { readonly kind: 'link' }
  /** The address of the next page is in the body; with `rel`, it is the `href` of the link of this relation in a list of links. */
  | { readonly kind: 'next-url'; readonly next: string; readonly rel?: string }
  /** The next page's number is in a header. */
  | { readonly kind: 'page-header'; readonly page: string; readonly header: string }
  /** One answer holds it all. */
  | { readonly kind: 'single' }
  /** A line of JSON for each item. */
  | { readonly kind: 'ndjson' }
  /** Windows of block numbers, and pages inside each. */
  | {
      readonly kind: 'block-window'
      readonly from: string
      readonly to: string
      readonly page: string
      /** The most items that pages of one window reach. */
      readonly reach: number
    }
  /** The limits are words of a query language: `STARTPOSITION 1 MAXRESULTS 1000`. */
  | { readonly kind: 'query-words'; readonly query: string; readonly start: string; readonly first: number }
)
