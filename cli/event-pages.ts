import type { AdminClient, Query } from './admin-client.ts'
import type { EventItem, Page } from './event-view.ts'

/** What the API gives at most in one answer. */
const pageSize = 100

/** Events in a window: the newest ones whole, all of them counted. */
export interface Survey {
  readonly newest: readonly EventItem[]
  readonly counts: ReadonlyMap<string, number>
  readonly total: number
  /** There are more than were counted. */
  readonly cut: boolean
}

/** Every page of a list, one request at a time, as long as the caller goes on. */
export async function* pages<Item>(api: AdminClient, path: string, query: Query): AsyncGenerator<Page<Item>> {
  let cursor: string | null | undefined
  do {
    const page: Page<Item> = await api.get(path, { ...query, ...(cursor && { cursor }) })
    yield page
    cursor = page.cursor
  } while (cursor)
}

/** Reads the window until it ends or `most` events have been counted: a window may hold millions. */
export async function survey(api: AdminClient, query: Query, show: number, most: number): Promise<Survey> {
  const newest: EventItem[] = []
  const counts = new Map<string, number>()
  let total = 0
  for await (const { items, cursor } of pages<EventItem>(api, '/api/events', { ...query, limit: pageSize })) {
    for (const event of items) {
      if (newest.length < show) newest.push(event)
      counts.set(event.status, (counts.get(event.status) ?? 0) + 1)
    }
    total += items.length
    if (total >= most && cursor) return { newest, counts, total, cut: true }
  }
  return { newest, counts, total, cut: false }
}
