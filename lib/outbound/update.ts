import { ApiError } from '../errors/api-error.ts'
import { mergeThreeWay, type Conflict, type Plain, type Versioned } from './merge.ts'

export interface UpdateDeps<T> {
  /** Reads the thing as it is now. */
  readonly read: () => Promise<Versioned>
  /** Writes it under its version; throws an ApiError of kind `conflict` when someone else wrote since. */
  readonly write: (next: Versioned) => Promise<T>
  /** Decides where both sides changed the same: a value to write, or `undefined` to give up. Without it, give up. */
  readonly resolve?: (merged: Plain, conflicts: readonly Conflict[]) => Plain | undefined
}

export type Updated<T> =
  | { readonly kind: 'written'; readonly result: T }
  /** Nothing was written. */
  | { readonly kind: 'conflicts'; readonly conflicts: readonly Conflict[] }

/**
 * Changes a thing that others change too: read, change, write under the version; on a conflict re-fetch, merge, write again,
 * `attempts` writes at most (3).
 * @throws what `read` and `write` throw; after the last attempt the conflict itself.
 */
export async function update<T>(
  change: (current: Plain) => Plain,
  { read, write, resolve }: UpdateDeps<T>,
  attempts = 3,
): Promise<Updated<T>> {
  if (!Number.isSafeInteger(attempts) || attempts < 1)
    throw new RangeError('attempts must be a whole number from 1')
  const base = await read()
  const ours = change(base.value)
  let next: Versioned = { value: ours, version: base.version }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { kind: 'written', result: await write(next) }
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'conflict' || attempt >= attempts) throw error
    }
    const theirs = await read()
    const { value, conflicts } = mergeThreeWay(base.value, ours, theirs.value)
    const chosen = conflicts.length === 0 ? value : resolve?.(value, conflicts)
    if (chosen === undefined) return { kind: 'conflicts', conflicts }
    next = { value: chosen, version: theirs.version }
  }
}
