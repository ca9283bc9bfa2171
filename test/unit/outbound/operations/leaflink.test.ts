import { describe, expect, test } from 'vitest'
import {
  listOrderEvents,
  listOrders,
  listProducts,
  moveOrder,
  type OrdersInput,
} from '#lib/outbound/operations/leaflink.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const number = '93f5e0eb-64ee-4e1c-a248-0b7e43dfd645'
const order = {
  number,
  short_id: '43dfd645',
  status: 'Submitted',
  total: { amount: '342.00', currency: 'USD' },
  created_on: '2026-11-20T17:17:08.957511-07:00',
  modified: '2026-11-20T17:17:08.957511-07:00',
  buyer: null,
  seller: 6_808,
  customer: { id: 51, display_name: 'Green Store', delinquent: false },
  line_items: [{ id: 1, quantity: '24.0000' }],
  new_field: [],
}
const page = (results: unknown[], count = results.length) => ({
  body: { count, next: null, previous: null, results },
})

describe('orders', () => {
  test('come with their customers and lines, page by page, to the count that is said', async () => {
    const { client, sent } = givenApi('leaflink', page([order, order], 3), page([order], 3))
    const input = {
      modifiedSince: '2026-11-20T00:00:00Z',
      status: ['submitted', 'accepted'],
    } satisfies OrdersInput
    const found = await collect(listOrders(client, input))
    expect(found).toHaveLength(3)
    expect(found[0]).toMatchObject({ customer: { id: 51 }, total: { amount: '342.00' }, new_field: [] })
    const query = {
      include_children: 'customer,line_items',
      modified__gte: '2026-11-20T00:00:00Z',
      status: 'submitted,accepted',
      limit: '100',
    }
    expect(sent.map(({ target }) => queryOf(target))).toEqual([
      { ...query, offset: '0' },
      { ...query, offset: '2' },
    ])
    expect(sent[0]?.target).toMatch(/^\/orders-received\/\?/)
  })

  test.each([
    [{ amount: 342.5, currency: 'USD' }, '342.5'],
    [{ amount: '0.1', currency: 'USD' }, '0.1'],
  ])('have their amount as text: %j', async (total, amount) => {
    const { client } = givenApi('leaflink', page([{ ...order, total }]))
    expect((await collect(listOrders(client)))[0]?.total?.amount).toBe(amount)
  })

  test.each([
    [{ ...order, number: 5 }, '/number'],
    [{ ...order, total: { amount: 'free', currency: 'USD' } }, '/total/amount'],
    [{ ...order, customer: { id: 'x' } }, '/customer/id'],
  ])('of wrong types are refused, with the place', async (wrong, place) => {
    const { client } = givenApi('leaflink', page([wrong]))
    await expect(collect(listOrders(client))).rejects.toThrow(`at ${place}`)
  })

  test('are not asked for with a status that there is not', () => {
    const { client } = givenApi('leaflink')
    const wrong = { status: ['paid'] } as unknown as OrdersInput
    expect(() => listOrders(client, wrong)).toThrow('/status/0')
  })

  test('are not there while LeafLink throttles', async () => {
    const body = { detail: 'Request was throttled. Expected available in 12 seconds.' }
    const { client } = givenApi('leaflink', { status: 429, body, headers: { 'retry-after': '12' } })
    await expect(collect(listOrders(client))).rejects.toMatchObject({
      kind: 'throttled',
      retryAfterMs: 12_000,
    })
  })
})

test('an order is moved by an action, not by its status', async () => {
  const { client, sent } = givenApi('leaflink', { body: { ...order, status: 'Accepted' } })
  expect(await moveOrder(client, { number, action: 'accept' })).toMatchObject({ status: 'Accepted' })
  expect(sent[0]).toMatchObject({
    method: 'POST',
    target: `/orders-received/${number}/transition/accept/`,
    body: '',
  })
  await expect(moveOrder(client, { number: '../x', action: 'accept' })).rejects.toThrow('/number')
})

test('what happened to an order is listed', async () => {
  const event = { id: 7, order: number, event_type: 'shipped', timestamp: '2026-11-21T08:00:00Z', by: 'x' }
  const { client, sent } = givenApi('leaflink', page([event]))
  expect(await collect(listOrderEvents(client, { number }))).toEqual([event])
  expect(queryOf(sent[0]?.target)['order']).toBe(number)
})

test('products are those that are offered, unless all are wanted', async () => {
  const product = {
    id: 9,
    name: 'Ointment',
    quantity: 12,
    wholesale_price: { amount: '114.00', currency: 'USD' },
  }
  const { client, sent } = givenApi('leaflink', page([product]))
  expect((await collect(listProducts(client)))[0]).toMatchObject({ quantity: '12' })
  await collect(listProducts(client, { withArchived: true }))
  expect(sent.map(({ target }) => queryOf(target)['archived'])).toEqual(['false', undefined])
})
