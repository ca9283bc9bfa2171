import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import {
  createPaymentIntent,
  listEvents,
  readPaymentIntent,
  stripeAmount,
  stripeUnits,
} from '#lib/outbound/operations/stripe.ts'
import { idempotencyKeys } from '#lib/outbound/repeatable.ts'
import { givenCall, json } from '#test/fakes/given-call.ts'
import { collect, givenApi } from './given-api.ts'

const intent = {
  id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
  object: 'payment_intent',
  amount: 2_598,
  currency: 'usd',
  status: 'requires_payment_method',
  client_secret: 'pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH',
  metadata: { order_id: 'order_123' },
  a_field_of_next_year: { x: 1 },
}
const order = {
  currency: 'usd',
  lines: [
    { unitAmount: 1_099n, quantity: 2 },
    { unitAmount: 400n, quantity: 1 },
  ],
  metadata: { order_id: 'order_123' },
}

describe('a payment intent', () => {
  test('is asked for as a form, with an amount that is added up here', async () => {
    const { client, sent, form } = givenApi('stripe', { body: intent })
    const made = await createPaymentIntent(client, order, { idempotencyKey: 'order_123' })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/v1/payment_intents' })
    expect(sent[0]?.headers).toEqual({
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': 'order_123',
    })
    expect(form()).toEqual({
      amount: '2598',
      currency: 'usd',
      'automatic_payment_methods[enabled]': 'true',
      'metadata[order_id]': 'order_123',
    })
    expect(made.amount).toBe(2_598n)
    expect(made['a_field_of_next_year']).toEqual({ x: 1 })
  })

  test('has a key that the fetch gives out where the caller has none', async () => {
    const world = givenCall({ reactions: [json(intent)], options: { keys: idempotencyKeys('evt_1') } })
    const { client } = givenApi('stripe')
    await createPaymentIntent({ ...client, fetch: world.fetch }, order)
    expect(world.sent[0]?.headers.get('idempotency-key')).toMatch(/^[\w-]{43}$/)
  })

  test.each([
    ['/currency must be a currency of three small letters', { ...order, currency: 'USD' }],
    ['/lines must have a line', { ...order, lines: [] }],
    ['/lines/0/quantity must be 1 or more', { ...order, lines: [{ unitAmount: 5n, quantity: 0 }] }],
    ['/lines/0/unitAmount', { ...order, lines: [{ unitAmount: 5.5, quantity: 1 }] }],
    ['createPaymentIntent: /', { ...order, amount: 1 }],
  ])('is not asked for when the input is wrong: %s', async (place, input) => {
    const { client, sent } = givenApi('stripe', { body: intent })
    await expect(createPaymentIntent(client, input as typeof order)).rejects.toThrow(place)
    expect(sent).toEqual([])
  })

  test('of nothing, or of more than Stripe takes, is refused', async () => {
    const { client } = givenApi('stripe')
    const of = (unitAmount: bigint) =>
      createPaymentIntent(client, { currency: 'usd', lines: [{ unitAmount, quantity: 1 }] })
    await expect(of(0n)).rejects.toThrow(RangeError)
    await expect(of(100_000_000n)).rejects.toThrow(RangeError)
  })

  test('that is declined is an error of kind payment', async () => {
    const body = { error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' } }
    const { client } = givenApi('stripe', { status: 402, body, headers: { 'request-id': 'req_1' } })
    const error = await createPaymentIntent(client, order).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ kind: 'payment', code: 'card_declined', requestId: 'req_1' })
  })

  test('is read by its id, as one segment of the path', async () => {
    const { client, sent } = givenApi('stripe', { body: intent })
    await readPaymentIntent(client, 'pi_1/../x')
    expect(sent[0]).toMatchObject({ method: 'GET', target: '/v1/payment_intents/pi_1%2F..%2Fx' })
    await expect(readPaymentIntent(client, '..')).rejects.toThrow(TypeError)
  })

  test('of wrong types is refused with the place, not the value', async () => {
    const { client } = givenApi('stripe', { body: { ...intent, amount: '2598-secret' } })
    const reading = readPaymentIntent(client, 'pi_1')
    await expect(reading).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    await expect(reading).rejects.toThrow(/at \/amount$/)
  })
})

describe('events', () => {
  const event = (id: string) => ({
    id,
    type: 'charge.succeeded',
    created: 1,
    livemode: false,
    data: { object: {} },
  })

  test('are read to the last page, each by its id', async () => {
    const { client, sent } = givenApi(
      'stripe',
      { body: { data: [event('evt_2'), event('evt_1')], has_more: true } },
      { body: { data: [event('evt_0')], has_more: false } },
    )
    const found = await collect(
      listEvents(client, { createdFrom: 1_795_000_000, types: ['charge.*', 'payout.*'] }),
    )
    expect(found.map(({ id }) => id)).toEqual(['evt_2', 'evt_1', 'evt_0'])
    const filter = 'created%5Bgte%5D=1795000000&types%5B%5D=charge.*&types%5B%5D=payout.*'
    expect(sent.map(({ target }) => target)).toEqual([
      `/v1/events?${filter}&limit=100`,
      `/v1/events?${filter}&limit=100&starting_after=evt_1`,
    ])
  })

  test('without a type are refused', async () => {
    const { client } = givenApi('stripe', { body: { data: [{ id: 'evt_1' }], has_more: false } })
    await expect(collect(listEvents(client))).rejects.toThrow(/at \/type$/)
  })
})

describe('an amount', () => {
  test('is counted by the currency', () => {
    expect(stripeUnits('10.50', 'usd')).toBe(1_050n)
    expect(stripeUnits('500', 'JPY')).toBe(500n)
    expect(stripeUnits('5.120', 'kwd')).toBe(5_120n)
    expect(stripeUnits('5', 'ugx')).toBe(500n)
    expect(stripeAmount(500n, 'jpy')).toBe('500')
  })

  test.each([
    ['500.5', 'jpy'],
    ['5.124', 'kwd'],
    ['5.50', 'isk'],
    ['0.001', 'usd'],
    ['1e3', 'usd'],
    ['1,000', 'usd'],
  ])('%s %s is not one', (amount, currency) => {
    expect(() => stripeUnits(amount, currency)).toThrow(RangeError)
  })

  test('survives being written and read', () => {
    const currency = fc.constantFrom('usd', 'eur', 'jpy', 'krw')
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), currency, (units, code) => {
        expect(stripeUnits(stripeAmount(units, code), code)).toBe(units)
      }),
    )
  })
})
