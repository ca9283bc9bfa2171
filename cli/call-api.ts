import type * as z from 'zod/mini'
import type { Operation } from '#lib/admin/operation.ts'
import type { operations } from '#lib/admin/operations.ts'
import type { AdminClient, Query } from './admin-client.ts'

type Operations = typeof operations

/** Every operation of the API by its method and path: `GET /api/events/{id}`. */
type Api = {
  readonly [
    Id in keyof Operations as `${Uppercase<Operations[Id]['method']>} ${Operations[Id]['path']}`
  ]: Operations[Id]
}

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never
type Value = string | number
/** A query as a caller has it: numbers are written out. */
type Loose<T> = { readonly [Name in keyof T]: Exclude<T[Name], string> | Value }
/** An object of no names at all has an index of `never`. */
type WithQuery<T> = string extends keyof T
  ? unknown
  : object extends T
    ? { readonly query?: Loose<T> }
    : { readonly query: Loose<T> }
type Given<T> = T extends readonly (infer Item)[]
  ? readonly Given<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Given<T[Name]> }
    : T

type Asked<Of extends Operation> = ([NamesIn<Of['path']>] extends [never]
  ? unknown
  : { readonly path: Readonly<Record<NamesIn<Of['path']>, string>> }) &
  WithQuery<z.infer<Of['query']>> &
  (Of extends { readonly body: infer Body extends z.ZodMiniType }
    ? Of extends { readonly bodyOptional: true }
      ? { readonly body?: Given<z.infer<Body>> }
      : { readonly body: Given<z.infer<Body>> }
    : unknown)

/** What the API answers to an operation. */
export type AnswerOf<Address extends keyof Api> = z.infer<Api[Address]['answer']>

interface Anything {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Query
  readonly body?: unknown
}

/**
 * Calls the API by the types of the very schemas that it checks requests with. Only types are taken from there: at run time
 * this is the address and nothing more.
 * @throws Failure with the API's own words when it refuses, or does not answer.
 */
export function callApi<Address extends keyof Api>(
  api: Pick<AdminClient, 'get' | 'post' | 'delete'>,
  address: Address,
  asked: Asked<Api[Address]>,
): Promise<AnswerOf<Address>> {
  const { path: names = {}, query = {}, body = {} } = asked as Anything
  const [method = '', template = ''] = address.split(' ')
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''))
  if (method === 'GET') return api.get(path, query)
  const given = Object.entries(query).filter((entry): entry is [string, Value] => entry[1] !== undefined)
  const search = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  const at = search ? `${path}?${search}` : path
  return method === 'DELETE' ? api.delete(at) : api.post(at, body)
}
