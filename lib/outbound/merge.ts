import { isDeepStrictEqual } from 'node:util'
import { readPointer } from '../primitives/json-pointer.ts'
import type { Concurrency } from '../providers/api.ts'

/** A plain object as JSON has it. */
export type Plain = Readonly<Record<string, unknown>>

/** A place where both sides changed the same thing to different values; theirs is in the result. */
export interface Conflict {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string
  readonly base: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

export interface Merged {
  readonly value: Plain
  readonly conflicts: readonly Conflict[]
}

/**
 * Three-way merge: what we changed since `base` is applied to `theirs`. Objects are merged member by member; arrays and
 * scalars are one value each. A member that one side deleted and the other left alone is deleted.
 */
export function mergeThreeWay(base: Plain, ours: Plain, theirs: Plain): Merged {
  const conflicts: Conflict[] = []
  return { value: mergeObjects({ base, ours, theirs }, '', conflicts), conflicts }
}

interface Sides<T> {
  readonly base: T
  readonly ours: T
  readonly theirs: T
}

function mergeObjects(sides: Sides<Plain>, at: string, conflicts: Conflict[]): Plain {
  const names = new Set([...Object.keys(sides.theirs), ...Object.keys(sides.ours)])
  const members: [string, unknown][] = []
  for (const name of names) {
    const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const value = mergeValue(
      { base: member(sides.base, name), ours: member(sides.ours, name), theirs: member(sides.theirs, name) },
      pointer,
      conflicts,
    )
    if (value !== undefined) members.push([name, value])
  }
  // `fromEntries` defines, it does not assign: `__proto__` is a name like any other.
  return Object.fromEntries(members)
}

function mergeValue({ base, ours, theirs }: Sides<unknown>, pointer: string, conflicts: Conflict[]): unknown {
  if (isDeepStrictEqual(ours, base) || isDeepStrictEqual(ours, theirs)) return theirs
  if (isDeepStrictEqual(theirs, base)) return ours
  if (isPlain(ours) && isPlain(theirs))
    return mergeObjects({ base: isPlain(base) ? base : {}, ours, theirs }, pointer, conflicts)
  conflicts.push({ pointer, base, ours, theirs })
  return theirs
}

const member = (value: Plain, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A thing as it was read, with what tells that version from others. */
export interface Versioned {
  readonly value: Plain
  /** `undefined` where the answer said none. */
  readonly version: string | undefined
}

/** A thing out of an answer. `at` points to it where the answer wraps it: `/Invoice`. */
export function versioned(
  concurrency: Concurrency | undefined,
  answer: { readonly headers: Headers; readonly document: unknown },
  at = '',
): Versioned | undefined {
  const value = readPointer(answer.document, at)
  if (!isPlain(value)) return undefined
  const own = concurrency?.kind === 'field' ? member(value, concurrency.field) : answer.headers.get('etag')
  return {
    value,
    version: concurrency && (typeof own === 'string' || typeof own === 'number') ? String(own) : undefined,
  }
}

/** What a write must carry so that it fails when someone else wrote since: a header, or a field of the body. */
export function guarded(
  concurrency: Concurrency | undefined,
  { value, version }: Versioned,
): { readonly body: Plain; readonly headers: Readonly<Record<string, string>> } {
  if (!concurrency || version === undefined) return { body: value, headers: {} }
  return concurrency.kind === 'field'
    ? { body: { ...value, [concurrency.field]: version }, headers: {} }
    : { body: value, headers: { 'if-match': version } }
}
