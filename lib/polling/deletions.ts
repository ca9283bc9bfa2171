import type { Backfill } from './backfill.ts'
import type { BackfillSource } from './backfill-source.ts'

declare const proof: unique symbol

/** Proof that a list was read whole: from its beginning to its end, in one round, with nothing that could not be read. */
export interface CompleteEnumeration {
  readonly [proof]: true
  readonly backfill: string
}

/**
 * The proof, where there is one. A window, a list that had to be begun anew, one that leaves things out, or one whose items may
 * be missing for another reason than their deletion proves nothing.
 */
export function completeEnumeration(
  { id, state, since, until, gap, restarts }: Backfill,
  { deletes }: Pick<BackfillSource, 'deletes'>,
): CompleteEnumeration | undefined {
  const isWhole = state === 'done' && since === undefined && until === undefined && !gap && restarts === 0
  return isWhole && deletes === 'complete-enumeration' ? ({ backfill: id } as CompleteEnumeration) : undefined
}

/**
 * What is gone: known before the enumeration began, and not in it. Without a proof nothing is, whatever is missing.
 * @param known ids that were known when the enumeration began; what was made meanwhile is not among them.
 */
export function deletedOf(
  enumeration: CompleteEnumeration | undefined,
  known: Iterable<string>,
  seen: ReadonlySet<string>,
): readonly string[] {
  return enumeration ? [...new Set(known)].filter((id) => !seen.has(id)) : []
}
