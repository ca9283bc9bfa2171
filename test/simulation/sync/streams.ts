import type { ApiDeclaration } from '#lib/providers/api.ts'
import type { PollTime } from '#lib/providers/poll-list.ts'
import type { PollDeclaration, PollEvent, TimeProgress } from '#lib/providers/polls.ts'

/** How a list of the simulated provider is ordered, paged and read. */
export type StreamKind = 'log' | 'feed' | 'things' | 'journal' | 'windows'

/** What becomes visible later than this is not found by any poll, and nobody promised it. */
export const overlapMs = 240_000
/** What the windows can't tell about yet. */
const lagMs = 60_000

const minute = 60_000
const at: readonly PollTime[] = [{ pointer: '/at', unit: 'iso' }]

const event = (keys: PollEvent['keys']): PollEvent => ({
  keys,
  deliveryKey: [{ pointer: '/id' }],
  eventType: [[{ pointer: '/type' }]],
  eventTime: at,
})

const time = (progress: Pick<TimeProgress, 'order'> & Partial<TimeProgress>): TimeProgress => ({
  kind: 'time',
  format: 'iso',
  from: at,
  overlapMs,
  ...progress,
})

export const interval = { floorMs: minute, usualMs: minute, ceilingMs: 5 * minute }

/** Ascending, with every event for ever: what becomes visible late is in the middle of what was read. */
const log: PollDeclaration = {
  finds: 'Every event, the oldest first.',
  list: { path: '/log', params: { since: '{since}' }, pages: 'log' },
  progress: time({ order: 'ascending' }),
  event: event('shared'),
  interval,
  deletes: 'listed',
}

/** Descending, in numbered pages that every new event shifts; it can't be asked for the newer ones alone. */
const feed: PollDeclaration = {
  finds: 'Every event, the newest first.',
  list: { path: '/feed', pages: 'feed' },
  progress: time({ order: 'descending', filter: 'here' }),
  event: event('shared'),
  interval,
  deletes: 'listed',
}

/** Each thing once, as it is now: a change moves it to the end, and the rest a place up. Times in seconds. */
const things: PollDeclaration = {
  finds: 'Things as they are.',
  list: { path: '/things', params: { since: '{since}' }, pages: 'things' },
  progress: time({
    order: 'ascending',
    format: 's',
    from: [{ pointer: '/updated', unit: 's' }],
    shifts: true,
  }),
  event: { ...event('shared'), eventTime: [{ pointer: '/updated', unit: 's' }] },
  version: { pointer: '/updated' },
  interval,
  deletes: 'listed',
}

/** In the order of becoming visible, by a cursor that the provider forgets now and then. */
const journal: PollDeclaration = {
  finds: 'Every event since a cursor.',
  list: { path: '/journal', pages: 'journal' },
  progress: {
    kind: 'cursor',
    param: 'cursor',
    next: { page: '/cursor' },
    start: { path: '/journal/head', pointer: '/cursor' },
    expired: [410],
    resync: {
      list: { path: '/journal/changes', params: { since: '{since}' }, pages: 'journal' },
      format: 'iso',
      overlapMs,
      from: at,
    },
  },
  event: event('shared'),
  interval,
  deletes: 'listed',
}

/** In no order, from one time to another, and of the last minute not yet. */
const windows: PollDeclaration = {
  finds: 'Every event of a stretch of time.',
  list: { path: '/windows', params: { since: '{since}', until: '{until}' }, pages: 'windows' },
  progress: time({ order: 'none', maxWindowMs: 3 * minute, lagMs }),
  event: event('own'),
  interval,
  deletes: 'never',
}

/** Providers of the simulation: what they have in common is only that they are polled. */
export const polled: Readonly<Record<string, Partial<Record<StreamKind, PollDeclaration>>>> = {
  ada: { log, journal },
  bob: { feed, things },
  // No webhook brings these.
  cyd: { windows },
}

export const withoutWebhooks = 'cyd'

/** Items of a page, at most. */
export const pageItems = 4

export const api: ApiDeclaration = {
  checkedOn: '2026-11-21',
  baseUrl: 'https://api.acme.example',
  pages: {
    default: { kind: 'single', items: '/data' },
    log: { kind: 'cursor', cursor: 'after', next: '/next', items: '/data' },
    feed: { kind: 'page', page: 'page', first: 1, items: '/data' },
    things: { kind: 'offset', offset: 'offset', items: '/data' },
    journal: { kind: 'cursor', cursor: 'page_token', next: '/next_page', items: '/data' },
    windows: { kind: 'keyset', after: 'after', id: '/id', hasMore: '/more', items: '/data' },
  },
}
