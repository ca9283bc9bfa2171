import { reader } from '../facts/identity.ts'
import type { Provider } from '../providers/provider.ts'
import { filled } from './declared.ts'

/** A notification as it was received: its type, and its JSON. */
export interface Notification {
  readonly type: string
  readonly data: unknown
  readonly outer?: unknown
}

/**
 * Where the thing is that a thin notification is about, as a path of the provider's API; `undefined` where the notification is
 * whole, or says no id. What is there now may be newer than what was notified of: `isNewer` tells by their versions.
 */
export function pathOf(
  { thin = [] }: Pick<Provider, 'thin'>,
  { type, data, outer }: Notification,
): string | undefined {
  const declared = thin.find(({ types }) => matchOf(types, type))
  if (!declared) return undefined
  const read = reader({
    header: () => undefined,
    bytes: new Uint8Array(),
    body: { kind: 'json', value: data, outer },
  })
  const values: Record<string, string> = { ...matchOf(declared.types, type)?.groups }
  for (const [name, source] of Object.entries(declared.values)) {
    const text = read(source)
    if (text === undefined || /^\.{1,2}$/.test(text)) return undefined
    values[name] = text
  }
  return filled(declared.path, values, true)
}

const matchOf = (types: string, type: string): RegExpExecArray | null =>
  new RegExp(`^(?:${types})$`).exec(type)
