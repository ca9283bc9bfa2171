import { covers, type TenantScope } from '../access/tenant-scope.ts'
import { ledger } from '../config/defaults.ts'
import type { History, HistoryFilter, HistoryPage } from '../idempotency/history.ts'
import {
  days,
  epochMs,
  hours,
  later,
  minutes,
  type Clock,
  type EpochMs,
  type Millis,
} from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { toDeadLetter, toItem } from './event-view.ts'
import type { DeadLetter, DeadLettersQuery, EventItem, EventsQuery } from './schemas.ts'

export interface BrowseDeps {
  readonly history: History
  readonly clock: Clock
  /** Cursors are signed with it. */
  readonly token: Secret
  /** Whose events may be seen. */
  readonly scope: TenantScope
}

export type Browsed<Item> =
  | { readonly kind: 'page'; readonly items: Item[]; readonly cursor: string | null }
  | { readonly kind: 'invalid_cursor' }

const defaultLimit = 50
/** What is listed where nobody says since when. */
const defaultWindow = hours(24)
/** Nothing is kept longer; a day more, because death starts the time anew. */
const longest = ledger.retentionMs + days(1)
/** Clocks of functions differ; an event of right now is in the list. */
const ahead = minutes(1)

/** `within` narrows to the last so many milliseconds and moves with the clock, unlike `since`. */
export type EventsWanted = EventsQuery & { readonly within?: Millis }

/** Events by the time they were received, newest first. */
export async function browseEvents(
  query: EventsWanted,
  signal: AbortSignal,
  deps: BrowseDeps,
): Promise<Browsed<EventItem>> {
  const { status, since, until, within = defaultWindow } = query
  // An event that no worker has taken yet has no record.
  if (status === 'received') return { kind: 'page', items: [], cursor: null }
  const window = windowOf(deps.clock.now(), within, since, until)
  const of = ['events', since, until, String(within)]
  const list = {
    cursor: query.cursor,
    limit: query.limit,
    filter: { ...narrowing(query, deps.scope), status },
    window,
    of,
  }
  return browse(list, (found) => deps.history.events(found, signal), toItem, deps)
}

/** Dead events by the time of their death, the latest first. */
export async function browseDead(
  query: DeadLettersQuery,
  signal: AbortSignal,
  deps: BrowseDeps,
): Promise<Browsed<DeadLetter>> {
  const now = deps.clock.now()
  const window = { since: later(now, -longest), until: later(now, ahead) }
  const filter = { ...narrowing(query, deps.scope), reason: query.reason }
  const list = { cursor: query.cursor, limit: query.limit, filter, window, of: ['dead'] }
  return browse(list, (found) => deps.history.dead(found, signal), toDeadLetter, deps)
}

interface List {
  readonly cursor?: string | undefined
  readonly limit?: string | undefined
  readonly filter: HistoryFilter
  readonly window: { readonly since: EpochMs; readonly until: EpochMs }
  /** What makes this list another one than the next, beside the filter. */
  readonly of: readonly (string | undefined)[]
}

async function browse<Item>(
  { cursor: text, limit, filter, window, of }: List,
  read: (query: Parameters<History['events']>[0]) => Promise<HistoryPage>,
  view: (record: HistoryPage['records'][number]) => Item,
  { clock, token }: BrowseDeps,
): Promise<Browsed<Item>> {
  const { tenant, provider, type, status, reason } = filter
  const name = JSON.stringify([of, tenant, provider, type, status, reason])
  const cursor = text === undefined ? undefined : readCursor(text, name, token, clock)
  if (text !== undefined && !cursor) return { kind: 'invalid_cursor' }
  const { since, until } = cursor ?? window
  const page = await read({
    filter,
    since,
    until,
    after: cursor?.after,
    limit: limit === undefined ? defaultLimit : Number(limit),
  })
  const next =
    page.next === undefined ? null : writeCursor({ after: page.next, since, until }, name, token, clock)
  return { kind: 'page', items: page.records.map(view), cursor: next }
}

const narrowing = (
  { tenant, provider, type }: EventsQuery | DeadLettersQuery,
  scope: TenantScope,
): HistoryFilter => ({ tenant: tenantsOf(tenant, scope), provider, type })

/** The tenant that was asked for, where it may be seen; else all that may be. */
function tenantsOf(tenant: string | undefined, scope: TenantScope): HistoryFilter['tenant'] {
  if (tenant === undefined) return scope === 'all' ? undefined : scope
  return covers(scope, tenant) ? tenant : []
}

/** Never beyond what can be there, however far the question goes. */
function windowOf(now: EpochMs, within: Millis, since?: string, until?: string): List['window'] {
  const end = Math.min(until === undefined ? Infinity : Date.parse(until), later(now, ahead))
  const begin = since === undefined ? now - within : Date.parse(since)
  return { since: epochMs(Math.max(begin, now - longest)), until: epochMs(Math.max(0, end)) }
}
