import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  captureOrder,
  createOrder,
  payPalUnits,
  searchTransactions,
} from '#lib/outbound/operations/paypal.ts'
import { decimalOf } from '#lib/primitives/decimal.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const order = {
  id: '5O190127TN364715T',
  status: 'CREATED',
  links: [{ rel: 'approve', href: 'https://x' }],
  new_field: 1,
}

describe('an order', () => {
  test('is made under a key, its amount written by the currency', async () => {
    const { client, sent } = givenApi('paypal', { status: 201, body: order })
    const input = { currency: 'USD', amount: 10_005n, invoiceId: 'inv-1' }
    expect(await createOrder(client, input, { idempotencyKey: 'order-1' })).toEqual(order)
    expect(sent[0]).toMatchObject({
      method: 'POST',
      target: '/v2/checkout/orders',
      headers: { 'paypal-request-id': 'order-1', prefer: 'return=representation' },
    })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      intent: 'CAPTURE',
      purchase_units: [{ amount: { currency_code: 'USD', value: '100.05' }, invoice_id: 'inv-1' }],
    })
    await createOrder(client, { currency: 'JPY', amount: 500n })
    expect(sent[1]?.body).toContain('"value":"500"')
  })

  test.each([
    ['/amount', { currency: 'USD', amount: 0n }],
    ['/amount', { currency: 'USD', amount: 10.5 as unknown as bigint }],
    ['/currency', { currency: 'usd', amount: 1n }],
  ])('with a wrong %s is not made', async (place, input) => {
    const { client, sent } = givenApi('paypal')
    await expect(createOrder(client, input)).rejects.toThrow(place)
    expect(sent).toEqual([])
  })

  test('is captured by its id, with an empty document', async () => {
    const amount = { currency_code: 'USD', value: '100.05' }
    const captures = [{ id: 'c1', status: 'COMPLETED', amount }]
    const body = { ...order, status: 'COMPLETED', purchase_units: [{ payments: { captures } }] }
    const { client, sent } = givenApi('paypal', { status: 201, body })
    const paid = await captureOrder(client, order.id, { idempotencyKey: 'capture-1' })
    expect(paid.purchase_units?.[0]?.payments?.captures).toEqual(captures)
    expect(sent[0]).toMatchObject({
      method: 'POST',
      target: `/v2/checkout/orders/${order.id}/capture`,
      body: '{}',
    })
  })

  test('whose payer is declined is an error of kind payment', async () => {
    const body = { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'INSTRUMENT_DECLINED' }], debug_id: 'd1' }
    const { client } = givenApi('paypal', { status: 422, body })
    await expect(captureOrder(client, 'x')).rejects.toMatchObject({
      kind: 'payment',
      code: 'INSTRUMENT_DECLINED',
    })
  })
})

describe('transactions', () => {
  const of = (id: string) => ({
    transaction_info: { transaction_id: id, transaction_amount: { currency_code: 'USD', value: '-3.47' } },
  })

  test('are searched in windows of 31 days, and end where the pages do', async () => {
    const { client, sent } = givenApi('paypal', ({ target }) => ({
      body: {
        transaction_details: [of(`${queryOf(target)['start_date']} ${queryOf(target)['page']}`)],
        total_pages: 2,
        last_refreshed_datetime: '2026-11-21T06:59:59+0000',
      },
    }))
    const input = { from: '2026-09-01T00:00:00Z', to: '2026-10-10T00:00:00Z' }
    const pages = await collect(searchTransactions(client, input))
    expect(pages.map(({ lastRefreshed }) => lastRefreshed)).toEqual(Array(4).fill('2026-11-21T06:59:59+0000'))
    expect(sent.map(({ target }) => queryOf(target))).toMatchObject([
      { start_date: '2026-09-01T00:00:00Z', end_date: '2026-10-01T23:59:59Z', page: '1', page_size: '500' },
      { start_date: '2026-09-01T00:00:00Z', page: '2' },
      { start_date: '2026-10-02T00:00:00Z', end_date: '2026-10-10T00:00:00Z', page: '1' },
      { start_date: '2026-10-02T00:00:00Z', page: '2' },
    ])
  })

  test('of wrong types, and of a time that ends before it begins, are refused', async () => {
    const { client } = givenApi('paypal', { body: { transaction_details: [{}], total_pages: 1 } })
    const input = { from: '2026-09-01T00:00:00Z', to: '2026-09-02T00:00:00Z' }
    await expect(collect(searchTransactions(client, input))).rejects.toThrow(/at \/0\/transaction_info$/)
    await expect(collect(searchTransactions(client, { from: input.to, to: input.from }))).rejects.toThrow(
      'must end',
    )
  })
})

test('an amount survives being written and read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), (units) => {
      expect(payPalUnits(decimalOf(units, 2), 'USD')).toBe(units)
      expect(payPalUnits(decimalOf(units, 0), 'JPY')).toBe(units)
    }),
  )
  expect(() => payPalUnits('1.5', 'HUF')).toThrow(RangeError)
})
