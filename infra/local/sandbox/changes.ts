import { iso, type Clock } from '#lib/primitives/clock.ts'
import type { State } from '../services/state.ts'

/** Something that changed in an account of the sandbox: what the feed lists and a webhook brings, in the same words. */
export interface Change {
  /** `chg_000000000042`: later ones are greater. */
  readonly id: string
  readonly type: 'contact.created' | 'contact.updated'
  /** RFC 3339; changes that were made at once have the same. */
  readonly changed_at: string
  /** By whose name one signs in. */
  readonly account: string
  readonly data: { readonly id: string; readonly name: string; readonly version: number }
}

export interface ChangePage {
  readonly changes: readonly Change[]
  readonly has_more: boolean
}

export interface ChangesWanted {
  readonly account: string
  /** Inclusive, RFC 3339 in UTC with milliseconds. */
  readonly since?: string
  /** The id that the page before ended with. */
  readonly after?: string
  readonly limit: number
}

/** The changes of all accounts, in the stack's own store. */
export interface Changes {
  make(account: string, count: number): readonly Change[]
  /** Oldest first, by time and then by id; `undefined` where `after` is no change of the account. */
  list(wanted: ChangesWanted): ChangePage | undefined
  count(): number
}

const space = 'sandbox:changes'
/** Older ones are forgotten. */
const keep = 10_000
const contacts = 20

export function storedChanges(state: State, clock: Pick<Clock, 'now'>): Changes {
  const all = (): Change[] => state.log(space) as Change[]
  return {
    make(account, count) {
      const before = numberOf(state.get(space, 'last'))
      const last = numberOf(state.get(space, 'time'))
      // A clock that is put back must not put new changes before old ones.
      const at = Math.max(clock.now(), last)
      state.put(space, 'last', before + count)
      state.put(space, 'time', at)
      const made = Array.from({ length: count }, (_, index) => changeOf(before + index + 1, account, at))
      state.append(space, made, keep)
      return made
    },
    list({ account, since = '', after, limit }) {
      const own = all().filter((change) => change.account === account && change.changed_at >= since)
      const from = after === undefined ? 0 : own.findIndex(({ id }) => id === after) + 1
      if (after !== undefined && from === 0) return undefined
      return { changes: own.slice(from, from + limit), has_more: own.length > from + limit }
    },
    count: () => all().length,
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

function changeOf(n: number, account: string, at: number): Change {
  const contact = (n - 1) % contacts
  const version = Math.floor((n - 1) / contacts) + 1
  return {
    id: `chg_${String(n).padStart(12, '0')}`,
    type: version === 1 ? 'contact.created' : 'contact.updated',
    changed_at: iso(at as Parameters<typeof iso>[0]),
    account,
    data: { id: `ct_${contact + 1}`, name: `Contact ${contact + 1}`, version },
  }
}
