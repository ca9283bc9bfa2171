import * as z from 'zod/mini'
import { readPointer } from '../../primitives/json-pointer.ts'
import { googleCalendar } from '../../providers/google-calendar.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { itemsIn, pagesOf } from '../paginate.ts'
import { asked, askOne, checked, jsonBody, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { day, email, time } from './fields.ts'

const { default: dialect } = googleCalendar.api.pages
const calendarId = z.optional(z.string().check(z.minLength(1)))

/** A day of its own, or a time with its zone. */
const moment = z.looseObject({
  date: z.optional(z.string()),
  dateTime: z.optional(z.string()),
  timeZone: z.optional(z.string()),
})

const event = z.looseObject({
  id: z.string(),
  /** `cancelled`: it is gone, and there is little more than the id. */
  status: z.optional(z.string()),
  summary: z.optional(z.string()),
  start: z.optional(moment),
  end: z.optional(moment),
  updated: z.optional(z.string()),
  etag: z.optional(z.string()),
})

export type CalendarEvent = z.output<typeof event>

const listInput = z.strictObject({
  /** `primary` without it. */
  calendarId,
  /** What ends after this time. */
  from: z.optional(time),
  /** What begins before this time. */
  to: z.optional(time),
  query: z.optional(z.string()),
})

/** Events of a calendar in the order of their beginning, each of a series by itself. @see https://developers.google.com/workspace/calendar/api/v3/reference/events/list */
export function listCalendarEvents(
  client: ApiClient,
  input: z.input<typeof listInput> = {},
  options: AskOptions = {},
): AsyncGenerator<CalendarEvent, void, void> {
  const { calendarId: id = 'primary', from, to, query } = checked('google-calendar list', listInput, input)
  const params = { timeMin: from, timeMax: to, q: query, singleEvents: true, orderBy: 'startTime' }
  const start = withQuery(pathTo`/calendars/${id}/events`, params)
  return typedItems(event, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

const syncInput = z.strictObject({ calendarId, syncToken: z.optional(z.string()) })

export interface CalendarChanges {
  readonly events: readonly CalendarEvent[]
  /** Where the next reading begins. */
  readonly syncToken: string
}

/**
 * All events, and from then on what changed, deletions included. A token that is too old is an ApiError (410, code
 * `fullSyncRequired`, kind `stale-cursor`): forget what was read, and begin without one.
 * @see https://developers.google.com/workspace/calendar/api/guides/sync
 */
export async function syncCalendar(
  client: ApiClient,
  input: z.input<typeof syncInput> = {},
  options: AskOptions = {},
): Promise<CalendarChanges> {
  const { calendarId: id = 'primary', syncToken } = checked('google-calendar sync', syncInput, input)
  const start = withQuery(pathTo`/calendars/${id}/events`, { syncToken, showDeleted: syncToken && true })
  const events: CalendarEvent[] = []
  let last: unknown
  for await (const { items, body } of pagesOf(client, { dialect, start, init: asked(client, options, {}) })) {
    events.push(...parseAs(z.array(event), items))
    last = readPointer(body, '/nextSyncToken')
  }
  // Only the last page has it.
  return { events, syncToken: parseAs(z.string().check(z.minLength(1)), last) }
}

const when = z.union([
  z.strictObject({ date: day }),
  z.strictObject({ dateTime: time, timeZone: z.optional(z.string()) }),
])

const eventInput = z.strictObject({
  calendarId,
  summary: z.string(),
  description: z.optional(z.string()),
  start: when,
  /** Not included. */
  end: when,
  attendees: z.optional(z.array(email).check(z.maxLength(200, 'must be at most 200'))),
  /** Writes to the attendees. */
  notify: z.optional(z.boolean()),
  /** Of your own making, from your own record: a second event of this id is refused (409), so that making it twice makes one. */
  id: z.optional(z.string().check(z.regex(/^[a-v\d]{5,1024}$/, 'must be letters a to v and digits'))),
})

export type CalendarEventInput = z.input<typeof eventInput>

/** Makes an event. @see https://developers.google.com/workspace/calendar/api/v3/reference/events/insert */
export async function createCalendarEvent(
  client: ApiClient,
  input: CalendarEventInput,
  options: AskOptions = {},
): Promise<CalendarEvent> {
  const {
    calendarId: id = 'primary',
    notify,
    attendees,
    ...rest
  } = checked('google-calendar create', eventInput, input)
  const path = withQuery(pathTo`/calendars/${id}/events`, { sendUpdates: notify ? 'all' : 'none' })
  const body = { ...rest, attendees: attendees?.map((address) => ({ email: address })) }
  return askOne(client, event, path, asked(client, options, jsonBody(body)))
}
