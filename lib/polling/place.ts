import type { PagePlace } from '../outbound/page-turn.ts'

/** How far a reading is between two slices: its own state, and the page that comes next, where it is not the first. */
export interface Stop {
  readonly v: 1
  readonly state: unknown
  readonly at?: PagePlace
}

/** A stop as a place: all that is needed to go on. No page has a parameter without a name. */
export const placed = (state: unknown, at?: PagePlace): PagePlace => ({
  params: { '': JSON.stringify({ v: 1, state, ...(at && { at }) } satisfies Stop) },
})

/** The stop that a place is; `undefined` for another place, or one of a later version. */
export function stopAt(place: PagePlace | undefined): Stop | undefined {
  const text = place && 'params' in place ? place.params[''] : undefined
  const stop = text === undefined ? undefined : (JSON.parse(text) as Stop | { readonly v: unknown })
  return stop?.v === 1 ? (stop as Stop) : undefined
}
