import { describe, expect, test } from 'vitest'
import {
  changeEntity,
  queryAll,
  queryInvoices,
  type QueryInput,
} from '#lib/outbound/operations/quickbooks.ts'
import { readChanges } from '#lib/outbound/operations/quickbooks-changes.ts'
import { epochMs, iso } from '#lib/primitives/clock.ts'
import { collect, givenApi, queryOf, type Asked } from './given-api.ts'

const invoice = {
  Id: '130',
  SyncToken: '0',
  DocNumber: '1037',
  TotalAmt: 362.07,
  Balance: 0,
  CustomerRef: { value: '24', name: 'Sonnenschein Family Store' },
  MetaData: { LastUpdatedTime: '2026-11-20T08:00:00-08:00' },
  NewField: true,
}
const stale = {
  status: 400,
  body: { Fault: { Error: [{ Message: 'Stale Object Error', code: '5010' }], type: 'ValidationFault' } },
}

describe('a query', () => {
  test('asks in the words of its language, page by page, and quotes what it is given', async () => {
    const { client, sent } = givenApi(
      'quickbooks',
      { body: { QueryResponse: { Invoice: [invoice], startPosition: 1, maxResults: 1 } } },
      { body: { QueryResponse: {} } },
    )
    const found = await collect(queryInvoices(client, [['DocNumber', '=', String.raw`O'N\eil`]]))
    expect(found[0]).toMatchObject({ TotalAmt: '362.07', Balance: '0', NewField: true })
    const words = String.raw`SELECT * FROM Invoice WHERE DocNumber = 'O\'N\\eil' ORDERBY Id`
    expect(sent.map(({ target }) => queryOf(target)['query'])).toEqual([
      `${words} STARTPOSITION 1 MAXRESULTS 1000`,
      `${words} STARTPOSITION 2 MAXRESULTS 1000`,
    ])
    expect(sent[0]?.target).toMatch(/^\/query\?query=SELECT/)
  })

  test.each([
    ['/entity', { entity: 'Invoice; DROP' }],
    ['/where/0/0', { entity: 'Invoice', where: [["Id = '1' OR Id", '=', '1']] }],
    ['/where/0/1', { entity: 'Invoice', where: [['Id', 'IN', '1']] }],
  ])('that would say something else is refused at %s', (place, input) => {
    const { client } = givenApi('quickbooks')
    expect(() => queryAll(client, input as QueryInput)).toThrow(place)
  })

  test('with an amount that a JSON number does not keep is refused with the place', async () => {
    const odd = { ...invoice, TotalAmt: 0.1 + 0.2 }
    const { client } = givenApi('quickbooks', { body: { QueryResponse: { Invoice: [odd] } } })
    await expect(collect(queryInvoices(client))).rejects.toThrow(/at \/TotalAmt$/)
  })
})

describe('a change of a thing', () => {
  test('is written under the version that was read, as one piece of work', async () => {
    const { client, sent } = givenApi('quickbooks', { body: { Invoice: invoice } })
    const result = await changeEntity(
      client,
      { entity: 'Invoice', id: '130' },
      (now) => ({ ...now, PrivateNote: 'paid' }),
      { idempotencyKey: 'evt_1' },
    )
    expect(result).toMatchObject({ kind: 'written', result: { Id: '130' } })
    expect(sent.map(({ method, target }) => [method, target])).toEqual([
      ['GET', '/invoice/130'],
      ['POST', '/invoice?requestid=evt_1-0'],
    ])
    expect(JSON.parse(sent[1]?.body ?? '')).toEqual({ ...invoice, PrivateNote: 'paid' })
  })

  test('is merged with what somebody else wrote meanwhile, and written under the new version', async () => {
    const theirs = { ...invoice, SyncToken: '1', DueDate: '2026-12-24' }
    const { client, sent } = givenApi(
      'quickbooks',
      { body: { Invoice: invoice } },
      stale,
      { body: { Invoice: theirs } },
      { body: { Invoice: { ...theirs, SyncToken: '2' } } },
    )
    const change = (now: object) => ({ ...now, PrivateNote: 'paid' })
    await changeEntity(client, { entity: 'Invoice', id: '130' }, change, { idempotencyKey: 'evt_1' })
    expect(JSON.parse(sent[3]?.body ?? '')).toEqual({ ...theirs, PrivateNote: 'paid' })
    expect(sent[3]?.target).toBe('/invoice?requestid=evt_1-1')
  })

  test('of the same field is not written over theirs', async () => {
    const theirs = { ...invoice, SyncToken: '1', PrivateNote: 'theirs' }
    const { client, sent } = givenApi('quickbooks', { body: { Invoice: invoice } }, stale, {
      body: { Invoice: theirs },
    })
    const change = (now: object) => ({ ...now, PrivateNote: 'ours' })
    const result = await changeEntity(client, { entity: 'Invoice', id: '130' }, change)
    expect(result).toMatchObject({ kind: 'conflicts', conflicts: [{ pointer: '/PrivateNote' }] })
    expect(sent).toHaveLength(3)
  })
})

/** A company whose invoices changed at these times; answers hold a thousand. */
function company(changed: readonly { id: string; at: number; deleted?: boolean }[], serverTime: string) {
  const object = ({ id, at, deleted }: (typeof changed)[number]) => ({
    Id: id,
    SyncToken: '1',
    MetaData: { LastUpdatedTime: iso(epochMs(at)) },
    ...(deleted && { status: 'Deleted' }),
  })
  return givenApi('quickbooks', ({ target }: Asked) => {
    const query = queryOf(target)
    if (target.startsWith('/cdc')) {
      const since = Date.parse(query['changedSince'] ?? '')
      const all = (query['entities'] ?? '')
        .split(',')
        .flatMap((name) =>
          changed
            .filter(({ id, at }) => id.startsWith(name) && at >= since)
            .map((each) => [name, object(each)] as const),
        )
      const lists = Map.groupBy(all.slice(0, 1_000), ([name]) => name)
      const QueryResponse = [...lists].map(([name, found]) => ({ [name]: found.map(([, one]) => one) }))
      return { body: { CDCResponse: [{ QueryResponse }], time: serverTime } }
    }
    const words = query['query'] ?? ''
    const [, name = '', since = ''] = /FROM (\w+) .*>= '([^']+)'/.exec(words) ?? []
    const start = /STARTPOSITION (\d+)/.exec(words)?.[1] ?? ''
    const until = /< '([^']+)'/.exec(words)?.[1] ?? '9999-01-01'
    const all = changed.filter(
      ({ id, at, deleted }) =>
        id.startsWith(name) && !deleted && at >= Date.parse(since) && at < Date.parse(until),
    )
    const page = all.slice(Number(start) - 1, Number(start) + 999).map(object)
    return { body: { QueryResponse: page.length === 0 ? {} : { [name]: page } } }
  })
}

describe('changes', () => {
  const now = 1_780_000_000_000
  const day = 86_400_000
  const time = '2026-05-28T13:26:40-07:00'
  const since = iso(epochMs(now - day))
  const many = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      id: `${name}${i}`,
      at: now - day + 1 + Math.floor((i * day) / count),
    }))

  test('come with deletions, and with the time to go on from', async () => {
    const { client, sent } = company(
      [
        { id: 'Invoice1', at: now - 5 },
        { id: 'Customer7', at: now - 4, deleted: true },
      ],
      time,
    )
    const { changes, readAt, deletesUnknown } = await readChanges(client, {
      entities: ['Invoice', 'Customer'],
      since,
    })
    expect(changes.map(({ entity, id, deleted }) => [entity, id, deleted])).toEqual([
      ['Invoice', 'Invoice1', false],
      ['Customer', 'Customer7', true],
    ])
    expect([readAt, deletesUnknown]).toEqual([time, []])
    expect(sent.map(({ target }) => queryOf(target))).toEqual([
      { entities: 'Invoice,Customer', changedSince: since },
    ])
  })

  test('of several kinds that are too many together are asked for apart, and nothing is unknown', async () => {
    const { client, sent } = company([...many('Invoice', 700), ...many('Customer', 700)], time)
    const { changes, deletesUnknown } = await readChanges(client, {
      entities: ['Invoice', 'Customer'],
      since,
    })
    expect([changes.length, deletesUnknown, sent.length]).toEqual([1_400, [], 3])
  })

  test('of one kind that are too many are all found: by a shorter window, and a query before it', async () => {
    const { client } = company(many('Invoice', 3_500), time)
    const { changes, deletesUnknown } = await readChanges(client, { entities: ['Invoice'], since })
    expect(changes).toHaveLength(3_500)
    expect(deletesUnknown).toEqual([
      { entity: 'Invoice', since, until: expect.stringMatching(/^2026-05-28T/) },
    ])
  })

  test('of a thing that was deleted stay so, whatever a query says that is behind', async () => {
    const all = [...many('Invoice', 3_500), { id: 'Invoice9999', at: now - 1, deleted: true }]
    const { client } = company(all.toReversed(), time)
    const behind = { Id: 'Invoice9999', SyncToken: '0' }
    const { fetch } = client
    const lagging: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (!(input as string).startsWith('/query')) return answer
      const { QueryResponse } = (await answer.json()) as { QueryResponse: { Invoice?: unknown[] } }
      const { Invoice } = QueryResponse
      return Response.json({ QueryResponse: Invoice ? { Invoice: [...Invoice.slice(1), behind] } : {} })
    }
    const { changes } = await readChanges({ ...client, fetch: lagging }, { entities: ['Invoice'], since })
    expect(changes.find(({ id }) => id === 'Invoice9999')?.deleted).toBe(true)
  })

  test('within one minute that are too many are all found', async () => {
    const burst = Array.from({ length: 1_500 }, (_, i) => ({ id: `Invoice${i}`, at: now - 1 }))
    const { client } = company(burst, time)
    expect((await readChanges(client, { entities: ['Invoice'], since })).changes).toHaveLength(1_500)
  })

  test('of more than thirty days ago are not known', async () => {
    const { client } = company([], time)
    const old = { entities: ['Invoice'], since: iso(epochMs(now - 31 * day)) }
    await expect(readChanges(client, old)).rejects.toThrow(RangeError)
    await expect(readChanges(client, { entities: ['Invoice'], since: '2026-05-28' })).rejects.toThrow(
      '/since',
    )
  })

  test('of wrong types are refused', async () => {
    const body = { CDCResponse: [{ QueryResponse: [{ Invoice: [{ Id: 5 }] }] }], time }
    const { client } = givenApi('quickbooks', { body })
    await expect(readChanges(client, { entities: ['Invoice'], since })).rejects.toThrow(/at \/0\/Id$/)
  })
})
