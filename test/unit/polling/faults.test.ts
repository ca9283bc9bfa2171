import { describe, expect, test } from 'vitest'
import { stopAt } from '#lib/polling/place.ts'
import type { PollDeclaration } from '#lib/providers/polls.ts'
import { givenListing, keysIn, largestIn, now } from './given-listing.ts'

const watermark = '2026-11-21T07:00:00Z'
const refusal = expect.objectContaining({ code: 'ANSWER_REFUSED' }) as Error

const minutes = { floorMs: 60_000, usualMs: 60_000, ceilingMs: 60_000 }
const things = (progress: Partial<PollDeclaration['progress']> = {}) => ({
  id: 'leaflink',
  polls: {
    things: {
      finds: 'Things.',
      list: { path: '/things', params: { from: '{since}' } },
      progress: {
        kind: 'time',
        format: 'iso',
        from: [{ pointer: '/at', unit: 'iso' }],
        overlapMs: 600_000,
        order: 'none',
        ...progress,
      } as PollDeclaration['progress'],
      event: { keys: 'own', deliveryKey: [{ pointer: '/id' }], eventType: [], type: 'thing' },
      version: { pointer: '/at' },
      interval: minutes,
      deletes: 'never',
    } satisfies PollDeclaration,
  },
})
const page = (results: unknown, more = false) => ({ body: { count: more ? 99 : 0, results } })
const empty = { body: { count: 0, results: [] } }

describe('B119: a page that is none', () => {
  test.each([
    ['null', { body: 'null' }],
    ['a text', { body: '"later"' }],
    ['nothing', { body: '' }],
    ['HTML in place of JSON', { body: 'Back <b>soon</b>' }],
    ['a list of another type', page({ 0: { id: 'a' } })],
    ['no list', { body: { count: 3 } }],
    ['null in place of the list', page(null)],
    ['an item that is null', page([{ id: 'a', at: watermark }, null])],
    ['an item that is a text', page(['a'])],
    ['an item that is a list', page([[]])],
    ['an item without an id', page([{ id: 'a', at: watermark }, { at: watermark }])],
    ['an item with an empty id', page([{ id: '', at: watermark }])],
    ['an id that is an object', page([{ id: { n: 1 }, at: watermark }])],
    ['an id that is null', page([{ id: null }])],
    ['an id with a control character', page([{ id: 'a\u0000b' }])],
  ])('%s: nothing of it is taken', async (_, answer) => {
    const { listing, client } = givenListing(things(), 'things', answer)
    const read = listing.read({ watermark }, client, { now })[Symbol.asyncIterator]()
    await expect(read.next()).rejects.toEqual(refusal)
  })

  test('a page of HTML with a 200 is a fault of the provider', async () => {
    const html = { body: '<!doctype html><h1>Maintenance</h1>', headers: { 'content-type': 'text/html' } }
    await expect(givenListing(things(), 'things', html).pages({ watermark })).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })

  test('a bad second page leaves the first, which proves no time', async () => {
    const { listing, client } = givenListing(
      things(),
      'things',
      page([{ id: 'a', at: watermark }], true),
      page(null),
    )
    const read = listing.read({ watermark }, client, { now })[Symbol.asyncIterator]()
    const first = await read.next()
    expect(first.value).toMatchObject({ items: [{ deliveryKey: 'things|a' }] })
    expect(first.value).not.toHaveProperty('largest')
    await expect(read.next()).rejects.toEqual(refusal)
  })

  test('an item keeps its digits, blanks and order letter by letter', async () => {
    const text = '{ "id" :"a", "big":12345678901234567890.10, "at":"2026-11-21T07:30:00Z"}'
    const [only] = await givenListing(things(), 'things', {
      body: `{"count":1,"results":[ ${text} ]}`,
    }).pages({ watermark })
    expect(Buffer.from(only?.items[0]?.bytes ?? []).toString()).toBe(text)
  })
})

describe('B120: a list that leads astray', () => {
  const next = (address: string) => ({
    body: { messages: [{ sid: 'SM1', status: 'sent' }], next_page_uri: address },
  })
  const stream = 'messages?accountSid=AC1'

  test('to another origin is not followed', async () => {
    const astray = givenListing('twilio', stream, next('https://evil.example/messages'))
    await expect(astray.pages({ watermark })).rejects.toEqual(refusal)
    expect(astray.sent).toHaveLength(1)
  })

  test('to itself is not followed twice', async () => {
    const loop = givenListing('twilio', stream, next('/messages?Page=1'))
    await expect(loop.pages({ watermark })).rejects.toEqual(refusal)
    expect(loop.sent.length).toBeLessThanOrEqual(2)
  })

  test('through a parameter of the stream is not followed at all', () => {
    for (const channel of ['..', '.', 'a/b', '', 'a\u0000', 'x'.repeat(129)])
      expect(() => givenListing('twilio', `messages?accountSid=${encodeURIComponent(channel)}`)).toThrow(
        expect.objectContaining({ code: 'MISCONFIGURED' }),
      )
  })
})

describe('B121: a cursor', () => {
  const calendar = 'events?calendar=primary'
  const answer = (nextSyncToken: unknown) => ({ body: { kind: 'calendar#events', items: [], nextSyncToken } })
  test.each([
    ['of 5,000 characters', 'x'.repeat(5_000)],
    ['with a control character', 'a\u0007b'],
    ['that is an object', { a: 1 }],
    ['that is a fraction', 1.5],
    ['that is empty', ''],
    ['that is not there', undefined],
    ['that is null', null],
  ])('%s is refused', async (_, token) => {
    await expect(
      givenListing('google-calendar', calendar, answer(token)).pages({ cursor: 'c1' }),
    ).rejects.toEqual(refusal)
  })

  test('that is a number is kept as its digits', async () => {
    const [last] = (
      await givenListing('google-calendar', calendar, answer(12)).pages({ cursor: 'c1' })
    ).slice(-1)
    expect(last?.cursor).toBe('12')
  })

  test('of another type than it was kept as is a stale one', async () => {
    await expect(
      givenListing('google-calendar', calendar, answer('x')).pages({ cursor: 7 }),
    ).rejects.toMatchObject({
      kind: 'stale-cursor',
    })
  })
})

describe('B122: items in no order', () => {
  const at = (minute: number) => `2026-11-21T07:${String(minute).padStart(2, '0')}:00Z`
  const item = (id: string, minute: number) => ({ id, at: at(minute) })

  test.each(['ascending', 'descending', 'none'] as const)(
    'of a list that is said to be %s move the watermark to the largest time, and only at its end',
    async (order) => {
      const answers = [
        page([item('c', 30), item('a', 10)], true),
        page([item('d', 40), item('b', 20)], true),
        empty,
      ]
      const read = await givenListing(things({ order }), 'things', ...answers).pages({ watermark })
      expect(keysIn(read)).toEqual(['things|c', 'things|a', 'things|d', 'things|b'])
      expect(read.map(({ largest }) => largest?.text)).toEqual([undefined, undefined, at(40)])
    },
  )

  test('in ascending order move it with each page', async () => {
    const answers = [page([item('a', 10), item('b', 20)], true), page([item('c', 30)], true), empty]
    const read = await givenListing(things({ order: 'ascending' }), 'things', ...answers).pages({ watermark })
    expect(read.map(({ largest }) => largest?.text)).toEqual([at(20), at(30), at(30)])
  })

  test('that are the same in one page have the same key', async () => {
    const { keys } = givenListing(things(), 'things', page([item('a', 10), item('a', 10)]), empty)
    expect(await keys({ watermark })).toEqual(['things|a', 'things|a'])
  })

  test.each(['ascending', 'none'] as const)(
    'of the year 2099 are told and move nothing (%s)',
    async (order) => {
      const far = { id: 'far', at: '2099-01-01T00:00:00Z' }
      const read = await givenListing(things({ order }), 'things', page([item('a', 10), far]), empty).pages({
        watermark,
      })
      expect(keysIn(read)).toEqual(['things|a', 'things|far'])
      expect(largestIn(read)).toBe(at(10))
    },
  )

  test.each(['0000-00-00', '11/21/2026 8:00 PM', '', null, 12, undefined])(
    'B123: with %j for a time are told and move nothing',
    async (time) => {
      const read = await givenListing(things(), 'things', page([item('a', 10), { id: 'b', at: time }])).pages(
        { watermark },
      )
      expect(keysIn(read)).toEqual(['things|a', 'things|b'])
      expect(largestIn(read)).toBe(at(10))
      expect(read[0]?.items[1]).not.toHaveProperty('occurredAt')
    },
  )

  test('B123: keep their time as text, and are cut to the millisecond', async () => {
    const text = '2026-11-21T07:10:00.123999999Z'
    const read = await givenListing(things(), 'things', page([{ id: 'a', at: text }])).pages({ watermark })
    expect(read[0]?.largest).toEqual({ text, at: Date.parse('2026-11-21T07:10:00.123Z') })
    expect(read[0]?.items[0]).toMatchObject({
      version: text,
      occurredAt: Date.parse('2026-11-21T07:10:00.123Z'),
    })
  })
})

describe('a reading', () => {
  test('begins at the watermark less its overlap', async () => {
    const given = givenListing(things(), 'things', empty)
    await given.pages({ watermark })
    expect(given.queries()[0]).toMatchObject({ from: '2026-11-21T06:50:00.000Z' })
  })

  test('without a watermark tells from now less its overlap, and says so', async () => {
    const given = givenListing(things(), 'things', empty)
    const read = await given.pages()
    expect(given.queries()[0]).toMatchObject({ from: '2026-11-21T07:50:00.000Z' })
    expect(largestIn(read)).toBe('2026-11-21T07:50:00.000Z')
  })

  test('that finds nothing moves no watermark', async () => {
    const read = await givenListing(things(), 'things', empty).pages({ watermark })
    expect(read).toEqual([{ items: [], total: 0 }])
  })

  test('goes on where it stopped: nothing twice, nothing never, the same largest time', async () => {
    const results = Array.from({ length: 25 }, (_, i) => ({ id: `i${i}`, at: `2026-11-21T07:${59 - i}:00Z` }))
    const answer = ({ target }: { readonly target: string }) => {
      const offset = Number(new URL(target, 'https://api.example').searchParams.get('offset') ?? 0)
      return { body: { count: 25, results: results.slice(offset, offset + 10) } }
    }
    const whole = await givenListing(things(), 'things', answer).pages({ watermark })
    const [first] = whole
    expect(stopAt(first?.place)).toBeDefined()
    const place = JSON.parse(JSON.stringify(first?.place)) as NonNullable<typeof first>['place']
    const rest = await givenListing(things(), 'things', answer).pages({ watermark, ...(place && { place }) })
    expect([...keysIn([first ?? { items: [] }]), ...keysIn(rest)]).toEqual(keysIn(whole))
    expect(largestIn(rest)).toBe(results[0]?.at)
  })

  test('from a place that nobody knows begins anew', async () => {
    const given = givenListing(things(), 'things', page([{ id: 'a', at: watermark }]))
    expect(await given.keys({ watermark, place: { params: { offset: '10' } } })).toEqual(['things|a'])
    expect(given.queries()[0]).toMatchObject({ offset: '0' })
  })
})

describe('a list that can be asked whether it changed', () => {
  const stream = 'issues?owner=o&repo=r'
  const issue = { id: 1, updated_at: '2026-11-21T07:30:00Z' }
  const link = { link: '<https://api.example/repos/o/r/issues?page=2>; rel="next"' }

  test('says so with what it gave, and 304 is an end without items', async () => {
    const given = givenListing('github', stream, { status: 304, headers: { 'x-poll-interval': '60' } })
    expect(await given.pages({ watermark, etag: '"e1"' })).toEqual([
      { items: [], notModified: true, pollIntervalMs: 60_000 },
    ])
    expect(given.sent[0]?.headers).toMatchObject({ 'if-none-match': '"e1"' })
  })

  test('gives an ETag where one page is all of it, none where there are more', async () => {
    const one = await givenListing('github', stream, { body: [issue], headers: { etag: '"e2"' } }).pages({
      watermark,
    })
    expect(one.at(-1)?.etag).toBe('"e2"')
    const many = givenListing(
      'github',
      stream,
      { body: [issue], headers: { etag: '"e2"', ...link } },
      { body: [], headers: { etag: '"e3"' } },
    )
    const pages = await many.pages({ watermark })
    expect(pages.every((each) => each.etag === undefined)).toBe(true)
  })

  test('is asked so for its first page alone', async () => {
    const given = givenListing(
      'github',
      'activity?owner=o&repo=r',
      { body: [{ id: '1', created_at: '2026-11-21T07:50:00Z', type: 'PushEvent' }], headers: link },
      { body: [] },
    )
    await given.pages({ watermark, etag: '"e1"' })
    expect(given.sent.map(({ headers }) => headers['if-none-match'])).toEqual(['"e1"', undefined])
  })
})
