import { describe, expect, test } from 'vitest'
import { listUnread } from '#lib/outbound/operations/gmail.ts'
import {
  createCalendarEvent,
  listCalendarEvents,
  syncCalendar,
  type CalendarEventInput,
} from '#lib/outbound/operations/google-calendar.ts'
import { listDriveChanges, readStartToken } from '#lib/outbound/operations/google-drive.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const event = {
  id: 'ev1',
  status: 'confirmed',
  summary: 'Review',
  start: { dateTime: '2026-11-21T10:00:00+01:00' },
  end: { dateTime: '2026-11-21T11:00:00+01:00' },
  new_field: {},
}
const gone = {
  status: 410,
  body: {
    error: { code: 410, message: 'Sync token is no longer valid', errors: [{ reason: 'fullSyncRequired' }] },
  },
}

describe('a calendar', () => {
  test('lists events of a time in their order, page by page', async () => {
    const { client, sent } = givenApi(
      'google-calendar',
      { body: { items: [event], nextPageToken: 'p2' } },
      { body: { items: [{ ...event, id: 'ev2' }], nextSyncToken: 's' } },
    )
    const input = { calendarId: 'team@example.com', from: '2026-11-21T00:00:00Z' }
    const found = await collect(listCalendarEvents(client, input))
    expect(found.map(({ id }) => id)).toEqual(['ev1', 'ev2'])
    expect(sent[0]?.target).toMatch(/^\/calendars\/team%40example\.com\/events\?/)
    const query = {
      timeMin: '2026-11-21T00:00:00Z',
      singleEvents: 'true',
      orderBy: 'startTime',
      maxResults: '2500',
    }
    expect(sent.map(({ target }) => queryOf(target))).toEqual([query, { ...query, pageToken: 'p2' }])
  })

  test('is followed by a token that only the last page has', async () => {
    const { client, sent } = givenApi(
      'google-calendar',
      { body: { items: [event], nextPageToken: 'p2' } },
      { body: { items: [{ id: 'ev2', status: 'cancelled' }], nextSyncToken: 's2' } },
    )
    const read = await syncCalendar(client, { syncToken: 's1' })
    expect([read.events.length, read.syncToken]).toEqual([2, 's2'])
    // A token goes with no bounds of time and no order.
    expect(queryOf(sent[0]?.target)).toEqual({ syncToken: 's1', showDeleted: 'true', maxResults: '2500' })
  })

  test('says when a token is too old, and gives none where it should', async () => {
    const old = givenApi('google-calendar', gone)
    await expect(syncCalendar(old.client, { syncToken: 's' })).rejects.toMatchObject({ kind: 'stale-cursor' })
    const without = givenApi('google-calendar', { body: { items: [] } })
    await expect(syncCalendar(without.client)).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  })

  test('is given an event, of its own id', async () => {
    const { client, sent } = givenApi('google-calendar', { body: event })
    const start = { dateTime: '2026-11-21T10:00:00+01:00' }
    const end = { dateTime: '2026-11-21T11:00:00+01:00' }
    await createCalendarEvent(client, {
      summary: 'Review',
      start,
      end,
      attendees: ['a@example.com'],
      id: 'order123',
    })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/calendars/primary/events?sendUpdates=none' })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      summary: 'Review',
      start,
      end,
      id: 'order123',
      attendees: [{ email: 'a@example.com' }],
    })
  })

  test('is not given an event at no time', async () => {
    const { client } = givenApi('google-calendar')
    const wrong = { summary: 'x', start: { dateTime: '2026-11-21 10:00' }, end: { date: '2026-11-22' } }
    await expect(createCalendarEvent(client, wrong)).rejects.toThrow('/start')
    const id = { summary: 'x', start: { date: '2026-11-21' }, end: { date: '2026-11-22' }, id: 'Order 1' }
    await expect(createCalendarEvent(client, id satisfies CalendarEventInput)).rejects.toThrow('/id')
  })

  test('with an event of wrong types is refused, with the place', async () => {
    const { client } = givenApi('google-calendar', {
      body: { items: [{ ...event, start: 'now' }], nextSyncToken: 's' },
    })
    await expect(collect(listCalendarEvents(client))).rejects.toThrow(/at \/start$/)
  })
})

describe('a mailbox', () => {
  const message = (id: string) => ({
    id,
    threadId: 't1',
    snippet: 'Hi &amp; bye',
    internalDate: '1795248000000',
    payload: {
      headers: [
        { name: 'SUBJECT', value: 'Hello' },
        { name: 'From', value: 'a@example.com' },
      ],
    },
    labelIds: ['UNREAD'],
  })
  const missing = {
    status: 404,
    body: { error: { code: 404, message: 'Not Found', errors: [{ reason: 'notFound' }] } },
  }

  test('tells of unread messages by their heads, and passes over what is gone', async () => {
    const { client, sent } = givenApi(
      'gmail',
      { body: { messages: [{ id: 'm1' }, { id: 'm2' }, { id: 'm3' }], nextPageToken: 'p2' } },
      { body: message('m1') },
      missing,
      { body: message('m3') },
    )
    const found = await collect(listUnread(client, { atMost: 3, query: 'newer_than:7d' }))
    expect(found.map(({ id }) => id)).toEqual(['m1', 'm3'])
    expect(found[0]).toEqual({
      id: 'm1',
      threadId: 't1',
      subject: 'Hello',
      from: 'a@example.com',
      date: '',
      receivedAtMs: 1_795_248_000_000,
      snippet: 'Hi &amp; bye',
    })
    expect(sent.map(({ target }) => target)).toEqual([
      '/users/me/messages?labelIds=INBOX&labelIds=UNREAD&q=newer_than%3A7d&maxResults=3',
      ...['m1', 'm2', 'm3'].map(
        (id) =>
          `/users/me/messages/${id}?format=metadata&metadataHeaders=Subject&metadataHeaders=From&metadataHeaders=Date`,
      ),
    ])
  })

  test('without a message answers with no list at all', async () => {
    const { client } = givenApi('gmail', { body: { resultSizeEstimate: 0 } })
    expect(await collect(listUnread(client))).toEqual([])
  })

  test('that fails, or of wrong types, is an error', async () => {
    const quota = {
      error: {
        code: 403,
        message: 'User-rate limit exceeded',
        errors: [{ reason: 'userRateLimitExceeded' }],
      },
    }
    const limited = givenApi('gmail', { body: { messages: [{ id: 'm1' }] } }, { status: 403, body: quota })
    await expect(collect(listUnread(limited.client))).rejects.toMatchObject({ kind: 'throttled' })
    const odd = givenApi(
      'gmail',
      { body: { messages: [{ id: 'm1' }] } },
      { body: { ...message('m1'), internalDate: 5 } },
    )
    await expect(collect(listUnread(odd.client))).rejects.toThrow(/at \/internalDate$/)
  })
})

describe('a drive', () => {
  test('is followed from a token to the next', async () => {
    const file = { id: 'f1', name: 'Report', trashed: false, new_field: 1 }
    const { client, sent } = givenApi(
      'google-drive',
      { body: { startPageToken: '7' } },
      { body: { changes: [{ fileId: 'f1', removed: false, file }], nextPageToken: '8' } },
      { body: { changes: [{ fileId: 'f2', removed: true }], newStartPageToken: '9' } },
    )
    const pageToken = await readStartToken(client)
    const { changes, pageToken: next } = await listDriveChanges(client, { pageToken })
    expect(changes).toMatchObject([{ file: { new_field: 1 } }, { fileId: 'f2', removed: true }])
    expect(next).toBe('9')
    expect(sent[0]?.target).toBe('/changes/startPageToken?supportsAllDrives=true')
    expect(sent.slice(1).map(({ target }) => queryOf(target)['pageToken'])).toEqual(['7', '8'])
    expect(queryOf(sent[1]?.target)).toMatchObject({ includeItemsFromAllDrives: 'true', pageSize: '1000' })
  })

  test('is not followed without a token, nor by an answer of wrong types', async () => {
    const { client } = givenApi('google-drive', {
      body: { changes: [{ fileId: 5 }], newStartPageToken: '9' },
    })
    await expect(listDriveChanges(client, { pageToken: '' })).rejects.toThrow('/pageToken must be a token')
    await expect(listDriveChanges(client, { pageToken: '7' })).rejects.toThrow(/at \/0\/fileId$/)
  })
})
