import { readPointer } from '../primitives/json-pointer.ts'
import type { ThinNotification } from '../providers/api.ts'
import { askText, jsonOf, type ApiClient } from './api-client.ts'

/** What of an event says where its thing is. */
export interface Notification {
  /** `{provider}.{event type}` */
  readonly type: string
  readonly data: unknown
}

/**
 * The thing that a thin notification is about, as the provider's API has it now; `undefined` where the event brings all that
 * there is (it is no thin one, or tells of a deletion), or does not say which thing it is. What is there now may be newer than
 * what was notified of, and two notifications may bring the same: `isNewer` tells by their versions.
 * @param client of the event's own provider: `ctx.sluice.client()`
 * @throws ApiError, of kind `missing` where it is gone meanwhile; SluiceError `ANSWER_REFUSED` for what is no JSON; TypeError where
 * the client is another provider's.
 */
export async function wholeOf<Thing = unknown>(
  client: ApiClient,
  event: Notification,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Thing | undefined> {
  const { provider, api } = client
  if (!event.type.startsWith(`${provider}.`))
    throw new TypeError(`wholeOf(): an event of type ${event.type} is not known to ${provider}`.slice(0, 200))
  const notification = { type: event.type.slice(provider.length + 1), data: event.data }
  const place = placeOf(api?.thin ?? [], notification)
  if (!place) return undefined
  const { text } = await askText(client, place.path, { method: place.method, ...(signal && { signal }) })
  return jsonOf(text) as Thing
}

/** The first that fits the type, and whose values are all there, says where. */
function placeOf(
  thin: readonly ThinNotification[],
  { type, data }: Notification,
): { readonly path: string; readonly method: 'GET' | 'POST' } | undefined {
  for (const { types, path, method = 'GET', values } of thin) {
    const match = new RegExp(`^(?:${types})$`).exec(type)
    const said = Object.entries(values).map(([name, pointer]) => [name, textAt(data, pointer)] as const)
    if (!match || said.some(([, text]) => text === undefined)) continue
    const all = new Map<string, string | undefined>([...Object.entries(match.groups ?? {}), ...said])
    const fill = (name: string): string => encodeURIComponent(all.get(name) ?? '')
    return { path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => fill(name)), method }
  }
  return undefined
}

const maxCharacters = 256

/** Text or a whole number that can be one segment of a path. */
function textAt(data: unknown, pointer: string): string | undefined {
  const value = readPointer(data, pointer)
  const text = Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || text === '' || text.length > maxCharacters) return undefined
  return /^\.{1,2}$|\p{Cc}/u.test(text) || !text.isWellFormed() ? undefined : text
}
