import { expect, test, vi } from 'vitest'
import { testing } from '#lib/testing/testing.ts'
import paymentReceived from '../../../handlers/payment-received.ts'

const payment = {
  type: 'stripe.payment_intent.succeeded',
  data: { data: { object: { id: 'pi_1', amount_received: 1_999, currency: 'eur' } } },
}
const booksUrl = 'https://books.example.com/payments'

/** Books that answer `status` and remember what they were sent. */
function books(status: number) {
  const entries: { url: string; key: string | null; body: unknown }[] = []
  const fetch = async (...input: Parameters<typeof globalThis.fetch>) => {
    const request = new Request(...input)
    entries.push({
      url: request.url,
      key: request.headers.get('idempotency-key'),
      body: await request.json(),
    })
    return new Response(null, { status })
  }
  return { entries, fetch }
}

test('a payment is booked under the key that every attempt shares', async () => {
  vi.stubEnv('BOOKS_URL', booksUrl)
  const { entries, fetch } = books(201)

  await testing.invoke(paymentReceived, payment, { fetch, idempotencyKey: 'evt_1' })

  const body = { reference: 'pi_1', amount: 1_999, currency: 'eur' }
  expect(entries).toEqual([{ url: booksUrl, key: 'evt_1', body }])
})

test('a refusal by the books is a failure, so that the event is tried again', async () => {
  vi.stubEnv('BOOKS_URL', booksUrl)

  const outcome = testing.invoke(paymentReceived, payment, { fetch: books(503).fetch })

  await expect(outcome).rejects.toThrow('the books answered 503')
})

test('without books the payment is noted in the log, and nothing fails', async () => {
  vi.stubEnv('BOOKS_URL', '')
  const log = vi.fn()

  await testing.invoke(paymentReceived, payment, { log })

  expect(log).toHaveBeenCalledOnce()
})

test('a handler is not run with an event it does not take', async () => {
  const outcome = testing.invoke(paymentReceived, { type: 'stripe.charge.failed', data: {} })

  await expect(outcome).rejects.toThrow('does not take "stripe.charge.failed"')
})
