import { describe, expect, test } from 'vitest'
import { written } from '#lib/polling/times.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { queryOf, type Asked } from '../outbound/operations/given-api.ts'
import { givenListing, keysIn, largestIn, now, polledEvents } from './given-listing.ts'

const watermark = '2026-11-21T07:00:00Z'
const date = { date: 'Sat, 21 Nov 2026 08:00:00 GMT' }
const iso = (at: number) => new Date(at).toISOString()

test('Stripe: events since the watermark, page by page to the older ones', async () => {
  const event = (id: string, created: number) => ({ id, created, type: 'charge.updated', object: 'event' })
  const given = givenListing(
    'stripe',
    'events',
    { body: { data: [event('evt_3', 1_795_247_900), event('evt_2', 1_795_247_800)], has_more: true } },
    { body: { data: [event('evt_1', 1_795_247_700)], has_more: false } },
  )
  const pages = await given.pages({ watermark: '1795247000' })
  expect(given.queries()).toEqual([
    { 'created[gte]': '1795246400', limit: '100' },
    { 'created[gte]': '1795246400', limit: '100', starting_after: 'evt_2' },
  ])
  expect(keysIn(pages)).toEqual(['evt_3', 'evt_2', 'evt_1'])
  expect(pages.map(({ largest }) => largest?.text)).toEqual([undefined, '1795247900'])
})

test('Stripe: what is older than it keeps is a gap that is told', async () => {
  const given = givenListing('stripe', 'events', { body: { data: [], has_more: false } })
  const [page] = await given.pages({ watermark: '2026-09-01T00:00:00Z' })
  expect(page?.gap).toMatchObject({ of: 'all', since: Date.parse('2026-09-01T00:00:00Z') })
  expect(Number(given.queries()[0]?.['created[gte]']) * 1_000).toBe(page?.gap?.until)
})

/** A list in the order of change, by pages of three; what is changed moves to its end. */
function movingList(size: number) {
  const all = Array.from({ length: size }, (_, i) => ({
    id: i + 1,
    updated_at: iso(now - 3_000_000 + i * 10_000).replace('.000', ''),
  }))
  let changes = 0
  return {
    all,
    change(id: number) {
      const [item] = all.splice(
        all.findIndex((each) => each.id === id),
        1,
      )
      changes += 1
      if (item) all.push({ ...item, updated_at: iso(now - 1_000_000 + changes * 1_000).replace('.000', '') })
    },
    answer({ target }: Asked) {
      const { since = '', page = '1' } = queryOf(target)
      const listed = all.filter(({ updated_at: at }) => Date.parse(at) >= Date.parse(since))
      const from = (Number(page) - 1) * 3
      const url = new URL(target, 'https://api.example')
      url.searchParams.set('page', String(Number(page) + 1))
      const link = from + 3 < listed.length ? { link: `<${url.href}>; rel="next"` } : {}
      return { body: listed.slice(from, from + 3), headers: link }
    },
  }
}

test('GitHub: what is changed while the list is read skips nothing', async () => {
  const list = movingList(20)
  let asked = 0
  const given = givenListing('github', 'issues?owner=o&repo=r', (request) => {
    asked += 1
    // Each time the oldest one that is left moves to the end, and all others come one place nearer.
    if (asked > 1 && asked < 8) list.change(asked - 1)
    return list.answer(request)
  })
  const keys = new Set(await given.keys({ watermark: iso(now - 3_000_000) }))
  for (const { id, updated_at: at } of list.all)
    expect([id, keys.has(`issues?owner=o&repo=r|${id}|${at}`)]).toEqual([id, true])
})

test('GitHub: more of one second than a page has are all read', async () => {
  const at = '2026-11-21T07:30:00Z'
  const list = movingList(0)
  list.all.push(...Array.from({ length: 10 }, (_, i) => ({ id: i + 1, updated_at: at })))
  const given = givenListing('github', 'issues?owner=o&repo=r', list.answer)
  expect(new Set(await given.keys({ watermark })).size).toBe(10)
})

test('GitHub: activity is read no further than to what is known', async () => {
  const link = { link: '<https://api.example/repos/o/r/events?page=2>; rel="next"' }
  const event = (id: string, created: string) => ({ id, type: 'PushEvent', created_at: created })
  const given = givenListing('github', 'activity?owner=o&repo=r', {
    body: [event('2', '2026-11-21T07:30:00Z'), event('1', '2026-11-19T07:30:00Z')],
    headers: link,
  })
  const pages = await given.pages({ watermark })
  expect(given.sent).toHaveLength(1)
  expect(keysIn(pages)).toEqual(['activity?owner=o&repo=r|2'])
  expect(pages.at(-1)?.place).toBeUndefined()
  expect(pages[0]?.items[0]?.type).toBe('activity.PushEvent')
})

describe('QuickBooks', () => {
  const stream = 'changes?entity=Invoice'
  const invoice = (n: number, rest: object = {}) => ({
    Id: String(n),
    SyncToken: '1',
    MetaData: { LastUpdatedTime: '2026-11-21T07:30:00-00:00' },
    ...rest,
  })
  const cdc = (items: readonly object[], time = '2026-11-21T07:59:30.000-00:00') => ({
    body: {
      CDCResponse: [
        { QueryResponse: [items.length === 0 ? {} : { Invoice: items, maxResults: items.length }] },
      ],
      time,
    },
  })

  test('changes and deletions, and the time of the answer as the watermark', async () => {
    const given = givenListing('quickbooks', stream, cdc([invoice(1), invoice(2, { status: 'Deleted' })]))
    const pages = await given.pages({ watermark })
    expect(given.queries()).toEqual([{ entities: 'Invoice', changedSince: '2026-11-21T06:50:00.000Z' }])
    expect(pages[0]?.items.map(({ type }) => type)).toEqual(['Invoice', 'Invoice.Deleted'])
    expect(largestIn(pages)).toBe('2026-11-21T07:59:30.000Z')
  })

  test('no changes are an empty answer that still tells the time', async () => {
    const pages = await givenListing('quickbooks', stream, cdc([])).pages({ watermark })
    expect(pages).toEqual([
      { items: [], largest: { text: '2026-11-21T07:59:30.000Z', at: Date.parse('2026-11-21T07:59:30Z') } },
    ])
  })

  test('an answer without its list is refused', async () => {
    await expect(
      givenListing('quickbooks', stream, { body: { time: watermark } }).pages({ watermark }),
    ).rejects.toMatchObject({
      code: 'ANSWER_REFUSED',
    })
  })

  test('a thousand are read again by a query, the end of the window by itself, and deletions in between are a gap', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => invoice(i))
    const given = givenListing('quickbooks', stream, ({ target }) => {
      if (target.startsWith('/query'))
        return {
          body: {
            QueryResponse:
              target.includes('STARTPOSITION+1+') || target.includes('STARTPOSITION+1&')
                ? { Invoice: [invoice(5_000)] }
                : {},
          },
        }
      const since = Date.parse(queryOf(target)['changedSince'] ?? '')
      return since < Date.parse('2026-11-21T07:20:00Z')
        ? cdc(many)
        : cdc([invoice(6_000, { status: 'Deleted' })])
    })
    const pages = await given.pages({ watermark })
    const keys = new Set(keysIn(pages))
    expect(keys.size).toBe(1_002)
    expect(pages.slice(0, -1).every(({ place, largest }) => place && !largest)).toBe(true)
    expect(pages.at(-1)).toMatchObject({ gap: { of: 'deletes', since: Date.parse('2026-11-21T06:50:00Z') } })
    expect(largestIn(pages)).toBe('2026-11-21T07:59:30.000Z')
    expect(pages.at(-1)).not.toHaveProperty('place')
  })
})

test('Slack: messages of a channel from a time on, inclusive', async () => {
  const given = givenListing(
    'slack',
    'messages?channel=C1',
    {
      body: {
        ok: true,
        messages: [{ type: 'message', ts: '1795247900.000200' }],
        response_metadata: { next_cursor: 'n' },
      },
    },
    {
      body: {
        ok: true,
        messages: [{ type: 'message', ts: '1795247800.000100' }],
        response_metadata: { next_cursor: '' },
      },
    },
  )
  const pages = await given.pages({ watermark: '1795247000.000300' })
  expect(given.queries()[1]).toEqual({
    channel: 'C1',
    oldest: '1795246400.000000',
    inclusive: 'true',
    limit: '200',
    cursor: 'n',
  })
  expect(largestIn(pages)).toBe('1795247900.000200')
})

describe('Google Calendar', () => {
  const stream = 'events?calendar=primary'
  const event = (id: string, updated: string) => ({ id, etag: `"${updated}"`, updated, status: 'confirmed' })
  const page = (items: readonly object[], rest: object) => ({
    headers: date,
    body: { kind: 'calendar#events', items, ...rest },
  })

  test('the first reading tells nothing of what was there, and ends with a token', async () => {
    const given = givenListing(
      'google-calendar',
      stream,
      page([event('a', watermark)], { nextPageToken: 'p2' }),
      page([event('b', watermark)], { nextSyncToken: 's1' }),
    )
    const pages = await given.pages()
    expect(keysIn(pages)).toEqual([])
    expect(pages.at(-1)).toEqual({ items: [], cursor: 's1', largest: { text: date.date, at: now } })
  })

  test('goes on from its token, which is with the last page', async () => {
    const given = givenListing(
      'google-calendar',
      stream,
      page([event('a', watermark)], { nextPageToken: 'p2' }),
      page([{ ...event('b', watermark), status: 'cancelled' }], { nextSyncToken: 's2' }),
    )
    const pages = await given.pages({ cursor: 's1' })
    expect(given.queries().map(({ syncToken, pageToken }) => [syncToken, pageToken])).toEqual([
      ['s1', undefined],
      ['s1', 'p2'],
    ])
    expect(pages.map(({ cursor }) => cursor)).toEqual([undefined, 's2'])
    expect(pages.map(({ largest }) => largest?.text)).toEqual([undefined, date.date])
    expect(pages[1]?.items[0]?.type).toBe('event.cancelled')
  })

  test('410: the token is stale; then all is read, and what changed since is told', async () => {
    const gone = { status: 410, body: { error: { code: 410, errors: [{ reason: 'fullSyncRequired' }] } } }
    await expect(givenListing('google-calendar', stream, gone).pages({ cursor: 's1' })).rejects.toMatchObject(
      { kind: 'stale-cursor' },
    )
    const given = givenListing(
      'google-calendar',
      stream,
      page([event('old', '2026-01-01T00:00:00Z'), event('new', '2026-11-21T07:30:00.000Z')], {
        nextSyncToken: 's9',
      }),
    )
    const pages = await given.pages({ watermark: date.date }, epochMs(now + 60_000))
    expect(keysIn(pages)).toEqual([`${stream}|new|"2026-11-21T07:30:00.000Z"`])
    expect(pages.at(-1)?.cursor).toBe('s9')
    expect(given.queries()[0]).not.toHaveProperty('syncToken')
  })
})

describe('Gmail', () => {
  const record = {
    id: '11',
    messagesAdded: [{ message: { id: 'm1', threadId: 't1' } }],
    labelsAdded: [{ message: { id: 'm1' }, labelIds: ['INBOX'] }],
  }

  test('begins with the profile, and each part of the history is an event', async () => {
    const first = await givenListing('gmail', 'history', { headers: date, body: { historyId: '10' } }).pages()
    expect(first).toEqual([{ items: [], cursor: '10', largest: { text: date.date, at: now } }])
    const given = givenListing('gmail', 'history', {
      body: { history: [record, { id: '12', messages: [] }], historyId: '99' },
    })
    const pages = await given.pages({ cursor: '10' })
    expect(given.queries()[0]).toMatchObject({ startHistoryId: '10' })
    expect(pages[0]?.items.map(({ type, deliveryKey }) => [type, deliveryKey])).toEqual([
      ['message.added', 'history|message.added|m1'],
      ['labels.added', 'history|labels.added|11|m1'],
    ])
    // What comes while it is read is behind the last entry, not behind the mailbox's own count.
    expect(pages.at(-1)?.cursor).toBe('12')
  })

  test('an empty history goes on from the count of the mailbox', async () => {
    const pages = await givenListing('gmail', 'history', { body: { historyId: '99' } }).pages({
      cursor: '10',
    })
    expect(pages.at(-1)?.cursor).toBe('99')
  })

  test('an entry whose messages are no list is refused', async () => {
    const odd = { body: { history: [{ id: '11', messagesAdded: 'm1' }], historyId: '99' } }
    await expect(givenListing('gmail', 'history', odd).pages({ cursor: '10' })).rejects.toMatchObject({
      code: 'ANSWER_REFUSED',
    })
  })

  test('404: new messages since the last good reading are told under the same keys', async () => {
    await expect(
      givenListing('gmail', 'history', { status: 404, body: { error: { code: 404 } } }).pages({
        cursor: '1',
      }),
    ).rejects.toMatchObject({ kind: 'stale-cursor' })
    const given = givenListing(
      'gmail',
      'history',
      { headers: date, body: { historyId: '50' } },
      { body: { messages: [{ id: 'm1', threadId: 't1' }], resultSizeEstimate: 1 } },
    )
    const pages = await given.pages({ watermark })
    expect(given.queries()[1]?.['q']).toBe(`after:${Date.parse('2026-11-21T06:00:00Z') / 1_000}`)
    expect(keysIn(pages)).toEqual(['history|message.added|m1'])
    expect(pages.at(-1)?.cursor).toBe('50')
  })
})

test("Google Drive: a change and the file's own list have one key for one version", async () => {
  const file = { id: 'f1', version: '7', name: 'a' }
  const change = { changeType: 'file', time: '2026-11-21T07:30:00Z', removed: false, fileId: 'f1', file }
  const [byChange] = await polledEvents(
    'google-drive',
    'changes',
    [{ body: { changes: [change], newStartPageToken: '2' } }],
    { cursor: '1' },
  )
  const [byList] = await polledEvents(
    'google-drive',
    'changes',
    [{ body: { startPageToken: '9' } }, { body: { files: [file] } }],
    { watermark },
  )
  expect(byList?.id).toBe(byChange?.id)
})

test('Auth0: goes on from the last entry, also over an empty page and from a place', async () => {
  const log = (n: number) => ({ log_id: `9${n}`, type: 's', date: watermark })
  const pages = await givenListing(
    'auth0',
    'logs',
    { body: [log(1), log(2)] },
    { body: [log(3)] },
    { body: [] },
  ).pages({ cursor: '90' })
  expect(pages.at(-1)?.cursor).toBe('93')
  const { place } = pages[1] ?? {}
  const rest = givenListing('auth0', 'logs', { body: [] })
  expect((await rest.pages({ cursor: '90', ...(place && { place }) })).at(-1)?.cursor).toBe('93')
  expect(rest.queries()).toEqual([{ from: '93', take: '100' }])
  const first = await givenListing('auth0', 'logs', { body: [log(7)], headers: date }).pages()
  expect(first).toMatchObject([{ items: [], cursor: '97' }])
})

test('PayPal: windows of thirty days one after the other; the watermark is what PayPal has refreshed', async () => {
  const given = givenListing('paypal', 'transactions', ({ target }) => {
    const { start_date: start = '' } = queryOf(target)
    const transaction_info = {
      transaction_id: start,
      transaction_updated_date: start,
      transaction_initiation_date: start,
    }
    return {
      body: {
        transaction_details: [{ transaction_info }],
        last_refreshed_datetime: '2026-11-21T05:00:00Z',
        page: 1,
        total_pages: 1,
      },
    }
  })
  const pages = await given.pages({ watermark: '2026-09-01T00:00:00+0000' })
  const windows = given.queries().map(({ start_date: from, end_date: to }) => [from, to])
  expect(windows[0]?.[0]).toBe('2026-08-29T00:00:00Z')
  expect(windows.slice(1).map(([from]) => from)).toEqual(windows.slice(0, -1).map(([, to]) => to))
  expect(windows.at(-1)?.[1]).toBe('2026-11-21T08:00:00Z')
  expect(pages[0]?.largest?.text).toBe(`${windows[0]?.[1]?.slice(0, 19)}.000Z`)
  expect(largestIn(pages)).toBe('2026-11-21T05:00:00.000Z')
})

test('PayPal: events go on by the link in the answer', async () => {
  const event = (id: string) => ({ id, event_type: 'A.B', create_time: watermark })
  const href = 'https://api.example/v1/notifications/webhooks-events?page=2'
  const given = givenListing(
    'paypal',
    'events',
    {
      body: {
        events: [event('WH-1')],
        links: [
          { rel: 'self', href: '/x' },
          { rel: 'next', href },
        ],
      },
    },
    { body: { events: [event('WH-2')], links: [] } },
  )
  expect(await given.keys({ watermark })).toEqual(['WH-1', 'WH-2'])
})

describe('Etherscan', () => {
  const stream = 'transactions?address=0xabc&chainid=1'
  const head = { body: { jsonrpc: '2.0', id: 1, result: '0x3e8' } }
  const tx = (hash: string, block: number, rest: object = {}) => ({
    hash,
    blockNumber: String(block),
    timeStamp: '1795247000',
    ...rest,
  })
  const list = (...result: object[]) => ({ body: { status: '1', message: 'OK', result } })
  const none = { body: { status: '0', message: 'No transactions found', result: [] } }

  test('reads what has its confirmations, and the last blocks again', async () => {
    const given = givenListing('etherscan', stream, head, list(tx('0x1', 950), tx('0x2', 980)), none)
    const pages = await given.pages({ watermark: '970' })
    expect(given.queries()[1]).toMatchObject({ startblock: '907', endblock: '989', sort: 'asc', page: '1' })
    expect(keysIn(pages)).toContain(`${stream}|0x1`)
    expect(pages.at(-1)?.largest).toEqual({ text: '980', at: 1_795_247_000_000 })
  })

  test('the first reading tells nothing and stands at the newest block that is final', async () => {
    const given = givenListing('etherscan', stream, head)
    expect(await given.pages()).toMatchObject([{ items: [], largest: { text: '989' } }])
    expect(given.sent).toHaveLength(1)
  })

  test('a node that lags behind tells nothing and moves nothing', async () => {
    expect(await givenListing('etherscan', stream, head).pages({ watermark: '2000' })).toEqual([
      { items: [] },
    ])
  })

  test('transfers that are alike in one transaction are several, however the pages fall', async () => {
    const transfer = (n: number) =>
      tx(`0x${n}`, 980 + n, { contractAddress: '0xc', from: '0xf', to: '0xt', value: '5' })
    const tokens = 'token-transfers?address=0xabc&chainid=1'
    const all = [transfer(0), transfer(1), transfer(1), transfer(1)]
    const answer = (size: number) => (asked: Asked) => {
      const { action, startblock = '0', page = '1' } = queryOf(asked.target)
      if (action !== 'tokentx') return head
      const listed = all.filter(({ blockNumber }) => Number(blockNumber) >= Number(startblock))
      const items = listed.slice((Number(page) - 1) * size, Number(page) * size)
      return items.length === 0 ? none : list(...items)
    }
    const keys = async (size: number) =>
      new Set(await givenListing('etherscan', tokens, answer(size)).keys({ watermark: '970' }))
    expect((await keys(10)).size).toBe(4)
    expect(await keys(2)).toEqual(await keys(10))
    expect(await keys(3)).toEqual(await keys(10))
  })
})

test('MyCarrierPackets: a POST with its parameters in the address, in times without a zone; the watermark is its own clock', async () => {
  const given = givenListing('mycarrierpackets', 'completed-packets', {
    headers: date,
    body: [{ DOTNumber: 1, CompletedDate: '2026-11-21T02:00:00' }],
  })
  const pages = await given.pages({ watermark })
  expect(given.sent[0]).toMatchObject({ method: 'POST', body: '' })
  expect(given.queries()[0]).toEqual({ fromDate: '2026-11-20T07:00:00', toDate: '2026-11-22T08:00:00' })
  expect(largestIn(pages)).toBe('2026-11-21T08:00:00.000Z')
})

test('Mixpanel: a day an export, line by line; one event twice has one key', async () => {
  const line = (id: string) =>
    JSON.stringify({ event: 'e', properties: { $insert_id: id, distinct_id: 'u', time: 1_795_240_000 } })
  const given = givenListing('mixpanel', 'export', { body: `${line('a')}\n${line('a')}\n${line('b')}\n` })
  const pages = await given.pages({ watermark })
  const [first] = given.queries()
  expect(first).toEqual({ from_date: '2026-11-16', to_date: '2026-11-17' })
  expect(given.queries()).toHaveLength(6)
  expect(new Set(keysIn(pages)).size).toBe(2)
  await expect(
    givenListing('mixpanel', 'export', { body: `${line('a')}\n{"event":` }).pages({ watermark }),
  ).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
})

test("Google Analytics: rows of a report, its pages in the request's body", async () => {
  const row = (day: string) => ({
    dimensionValues: [{ value: day }, { value: 'view' }],
    metricValues: [{ value: '1' }, { value: '1' }],
  })
  const given = givenListing(
    'google-analytics',
    'daily-events?property=42',
    { body: { kind: 'r', rowCount: 2, rows: [row('20261120')] } },
    { body: { kind: 'r', rowCount: 2, rows: [row('20261121')] } },
  )
  const pages = await given.pages({ watermark: '20261120' })
  expect(given.sent.map(({ target, method }) => [target, method])).toEqual(
    Array.from({ length: 2 }, () => ['/properties/42:runReport', 'POST']),
  )
  expect(given.sent.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { dateRanges: [{ startDate: '2026-11-17', endDate: '2026-11-21' }], offset: '0', limit: '10000' },
    { offset: '1' },
  ])
  expect(largestIn(pages)).toBe('20261121')
  expect(
    await givenListing('google-analytics', 'daily-events?property=42', { body: { kind: 'r' } }).keys({
      watermark,
    }),
  ).toEqual([])
})

test('Distru: the whole list is read and what is older is left out', async () => {
  const product = (id: number, at: string) => ({ id, updated_datetime: at })
  const given = givenListing('distru', 'products', {
    body: { data: [product(1, '2026-11-01T00:00:00'), product(2, '2026-11-21T07:30:00')], next_page: null },
  })
  const pages = await given.pages({ watermark })
  expect(pages[0]?.items).toHaveLength(1)
  expect(largestIn(pages)).toBe('2026-11-21T07:30:00')
})

test('LeafLink: orders in the order of their change', async () => {
  const order = (number: string, modified: string) => ({ number, modified, status: 'Accepted' })
  const given = givenListing('leaflink', 'orders-received', {
    body: { count: 1, results: [order('n1', '2026-11-21T07:30:00.123456Z')] },
  })
  const pages = await given.pages({ watermark })
  expect(given.queries()[0]).toEqual({
    modified__gte: '2026-11-21T06:50:00.000Z',
    ordering: 'modified',
    limit: '100',
    offset: '0',
  })
  expect(pages[0]?.items[0]).toMatchObject({ type: 'order.Accepted', version: '2026-11-21T07:30:00.123456Z' })
  expect(written(epochMs(now), 'local')).toBe('2026-11-21T08:00:00')
})
