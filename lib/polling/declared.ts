import { SluiceError } from '../errors/sluice-error.ts'
import type { PlainJson } from '../providers/poll-list.ts'
import type { PollDeclaration } from '../providers/polls.ts'
import type { Provider } from '../providers/provider.ts'

/** A stream of a connection: one of its provider's polls, and what that is of: `messages?channel=C1`. */
export interface Stream {
  readonly name: string
  readonly params: Readonly<Record<string, string>>
  /** The stream as text: always the same for the same. It can be a part of a key. */
  readonly text: string
  readonly declaration: PollDeclaration
}

/**
 * A stream by its text, such as `events` or `issues?owner=octo&repo=hello`.
 * @throws SluiceError `MISCONFIGURED` where the provider has none of that name, or its parameters are not the ones it needs.
 */
export function streamOf(provider: Pick<Provider, 'id' | 'polls'>, text: string): Stream {
  const [name = '', query = ''] = text.split('?', 2)
  const declaration = provider.polls && Object.hasOwn(provider.polls, name) ? provider.polls[name] : undefined
  if (!declaration) throw misconfigured(`${provider.id} has no stream "${name.slice(0, 64)}"`)
  const given = [...new URLSearchParams(query)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const params = Object.fromEntries(given)
  const needed = paramsOf(declaration)
  if (given.map(([each]) => each).join() !== needed.join() || given.some(([, value]) => !fits(value)))
    throw misconfigured(
      `the stream "${name}" of ${provider.id} needs: ${needed.join(', ') || 'no parameters'}`,
    )
  const sorted = new URLSearchParams(given).toString()
  return { name, params, text: sorted === '' ? name : `${name}?${sorted}`, declaration }
}

/** No part of a path that leads elsewhere, and nothing that would have to be shown in quotes. */
const fits = (value: string): boolean =>
  value !== '' && value.length <= 128 && !/^\.{1,2}$|[\p{Cc}/\\]/u.test(value) && value.isWellFormed()

const own = /\{(?!since\}|until\})(\w+)\}/g

/** Names of the parameters that a stream needs, in alphabetical order. */
export function paramsOf(declaration: PollDeclaration): readonly string[] {
  const texts = JSON.stringify([declaration.list, declaration.progress])
  const names = [...texts.matchAll(own)].map(([, name = '']) => name)
  const read = [...JSON.stringify(declaration.event).matchAll(/\{"param":"(\w+)"/g)].map(
    ([, name = '']) => name,
  )
  return [...new Set([...names, ...read])].toSorted((a, b) => (a < b ? -1 : 1))
}

export type Values = Readonly<Record<string, string>>

/** A text with its values; in a path each is one segment. */
export const filled = (text: string, values: Values, isPath = false): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === undefined ? whole : isPath ? encodeURIComponent(value) : value
  })

/** A JSON document with its values. */
export function filledJson(json: PlainJson, values: Values): PlainJson {
  if (typeof json === 'string') return filled(json, values)
  if (Array.isArray(json)) return json.map((each: PlainJson) => filledJson(each, values))
  if (typeof json !== 'object') return json
  return Object.fromEntries(Object.entries(json).map(([name, each]) => [name, filledJson(each, values)]))
}

/** The polls of a provider that a webhook of this type asks to run at once, by name. */
export const hintedBy = ({ polls = {} }: Pick<Provider, 'polls'>, type: string): readonly string[] =>
  Object.entries(polls)
    .filter(([, { hints = [] }]) => hints.includes('*') || hints.includes(type))
    .map(([name]) => name)

const misconfigured = (why: string): SluiceError => new SluiceError('MISCONFIGURED', why)
