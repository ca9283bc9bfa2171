import type { Fetch } from '../fetch-shape.ts'

/** Settings of an axios instance, or of one request, by which it calls over a `fetch`; axios 1.12 and later. */
export interface AxiosSettings {
  readonly adapter: 'fetch'
  readonly env: { readonly fetch: Fetch; readonly FormData: typeof FormData; readonly Request: never }
  readonly fetchOptions: Readonly<Record<string, unknown>>
}

/**
 * Settings that make axios, and what is built on it, call over `fetch`: everything else is axios's own, its errors too.
 * @example
 * const books = axios.create({ ...axiosOver(ctx.sluice.fetch({ provider: 'leaflink' })), timeout: 20_000 })
 * @see https://axios-http.com/docs/fetch_adapter
 */
export const axiosOver = (fetch: Fetch): AxiosSettings => ({
  adapter: 'fetch',
  // Without `Request`, which axios's types know nothing of, a path that begins at the API reaches `fetch` as it is written.
  env: { fetch: dispatch, FormData, Request: null as never },
  fetchOptions: { [within]: fetch },
})

const within = 'sluiceFetch'

/**
 * One function for all: axios keeps every `fetch` that it was ever given, and those of handlers hold their event. Which one is
 * meant comes with the request.
 */
const dispatch: Fetch = (input, init) => {
  const { [within]: meant, ...rest } = init as RequestInit & { readonly [within]: Fetch }
  return meant(input, rest)
}
