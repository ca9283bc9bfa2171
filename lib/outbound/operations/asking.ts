import type { ZodMiniType, output } from 'zod/mini'
import { SluiceError } from '../../errors/sluice-error.ts'
import { askJson, parseAs, type ApiClient } from '../api-client.ts'

/** What an operation takes besides its input. */
export interface AskOptions {
  readonly signal?: AbortSignal
  /**
   * Names the piece of work, so that it is done once however often it is sent. Without it the `fetch` gives one out, if it was
   * made with keys. Providers that know no keys ignore it.
   */
  readonly idempotencyKey?: string
}

/**
 * The input of an operation, as it must be.
 * @throws {TypeError} naming the operation and the place, never the value.
 */
export function checked<Schema extends ZodMiniType>(
  operation: string,
  schema: Schema,
  input: unknown,
): output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue?.path.map(String).join('/') ?? ''
  throw new TypeError(`${operation}: /${place} ${issue?.message ?? 'does not fit'}`.slice(0, 200))
}

/** Asks for a document that must be there. @throws as `askJson` does, and `ANSWER_REFUSED` for an empty answer. */
export async function askOne<Schema extends ZodMiniType>(
  client: ApiClient,
  schema: Schema,
  path: string,
  init?: RequestInit,
): Promise<output<Schema>> {
  const document = await askJson(client, schema, path, init)
  if (document === undefined) throw new SluiceError('ANSWER_REFUSED', 'the answer is empty')
  return document
}

/** Items as their schema reads them. @throws SluiceError `ANSWER_REFUSED` at the first that is none. */
export async function* typedItems<Schema extends ZodMiniType>(
  schema: Schema,
  items: AsyncIterable<unknown>,
): AsyncGenerator<output<Schema>, void, void> {
  for await (const item of items) yield parseAs(schema, item)
}

export type Params = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** Parameters as text; those that are `undefined` are left out, a list is its parameter several times. */
function encoded(params: Params): string {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries(params))
    for (const each of Array.isArray(value) ? (value as string[]) : [value])
      if (each !== undefined) all.append(name, String(each))
  return all.toString()
}

/** A path with parameters. */
export function withQuery(path: string, params: Params): string {
  const query = encoded(params)
  return query === '' ? path : `${path}?${query}`
}

/**
 * A path whose values are one segment each, whatever they hold.
 * @throws {TypeError} for a value that is no segment: empty, or dots.
 */
export function pathTo(words: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const segments = values.map((value) => {
    const text = String(value)
    if (/^\.{0,2}$/.test(text)) throw new TypeError('a part of a path must not be empty or dots')
    return encodeURIComponent(text)
  })
  return String.raw({ raw: words }, ...segments)
}

/** A path at another of the provider's declared bases. @throws {TypeError} when it has none of that name. */
export function pathAt({ provider, api }: ApiClient, base: string, path: string): string {
  const declared = api?.otherBaseUrls?.[base]
  if (declared === undefined) throw new TypeError(`${provider} has no base "${base}"`)
  return declared + path
}

export const formBody = (params: Params): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: encoded(params),
})

export const jsonBody = (document: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(document),
})

/**
 * A request with its signal, and its key at the provider's header for one.
 * @throws {RangeError} for a key that the provider would not keep
 */
export function asked(
  { api }: ApiClient,
  { signal, idempotencyKey }: AskOptions,
  init: RequestInit,
): RequestInit {
  const headers = new Headers(init.headers)
  const { place, maxCharacters = Infinity } = api?.idempotency ?? {}
  if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > maxCharacters))
    throw new RangeError(`an idempotency key must have 1 to ${maxCharacters} characters`)
  if (idempotencyKey !== undefined && place && 'header' in place) headers.set(place.header, idempotencyKey)
  return { ...init, headers, ...(signal && { signal }) }
}
