import { buffer } from 'node:stream/consumers'
import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { idempotencyKeys } from '#lib/outbound/repeatable.ts'
import { failure, givenSdk, within, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'stripe', answers, ...more })
  return { ...world, stripe: stripeOver(world.fetch) }
}

const stripeOver = (fetch: Fetch): Stripe =>
  new Stripe('sk_test_placeholder', {
    httpClient: Stripe.createFetchHttpClient(fetch),
    maxNetworkRetries: 0,
  })

const intent = { json: { id: 'pi_1', object: 'payment_intent' }, headers: { 'request-id': 'req_1' } }
const busy = { status: 503, json: { error: { type: 'api_error', message: 'busy' } } }

describe('the SDK of Stripe', () => {
  test('calls the connection where the operator has put it, with its credentials and not with the SDK’s key', async () => {
    const { stripe, seen } = await given([intent])
    const created = await stripe.paymentIntents.create({
      amount: 100,
      currency: 'eur',
      metadata: { a: 'ü&=' },
    })
    expect([created.id, created.lastResponse.requestId]).toEqual(['pi_1', 'req_1'])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['POST /v1/payment_intents'])
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
    expect(new URLSearchParams(seen[0]?.body.toString()).get('metadata[a]')).toBe('ü&=')
    expect(JSON.stringify([...(seen[0]?.headers ?? [])])).not.toContain('placeholder')
  })

  test('has a 503 repeated by the chain, with the same key and body', async () => {
    const { stripe, seen } = await given([busy, intent])
    await stripe.paymentIntents.create({ amount: 100, currency: 'eur' })
    expect(seen).toHaveLength(2)
    expect(seen[1]?.headers.get('idempotency-key')).toBe(seen[0]?.headers.get('idempotency-key'))
    expect(seen[1]?.body).toEqual(seen[0]?.body)
  })

  test('has the key of the work instead of the one that it draws, so that the next attempt does nothing twice', async () => {
    const { fetchBy, seen } = await given([intent])
    for (const _ of [1, 2]) {
      const stripe = stripeOver(fetchBy({ keys: idempotencyKeys('evt_1') }))
      await stripe.paymentIntents.create({ amount: 100, currency: 'eur' })
    }
    const keys = seen.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{43}$/), keys[0]])
  })

  test('keeps a key that the handler names', async () => {
    const { stripe, seen } = await given([intent], { options: { keys: idempotencyKeys('evt_1') } })
    await stripe.paymentIntents.create({ amount: 100, currency: 'eur' }, { idempotencyKey: 'order-7' })
    expect(seen[0]?.headers.get('idempotency-key')).toBe('order-7')
  })

  test('repeats nothing itself', async () => {
    const { stripe, seen } = await given([busy], { options: { attempts: 1 } })
    expect(await failure(stripe.balance.retrieve())).toBeInstanceOf(Stripe.errors.StripeAPIError)
    expect(seen).toHaveLength(1)
  })

  test('waits as long as a 429 asks', async () => {
    const limited = { status: 429, headers: { 'retry-after': '2' }, json: { error: { message: 'slow' } } }
    const { stripe, slept } = await given([limited, intent])
    await stripe.paymentIntents.retrieve('pi_1')
    expect(slept).toHaveLength(1)
    expect(slept[0]).toBeGreaterThanOrEqual(2_000)
  })

  test('throws its own error with Stripe’s message', async () => {
    const error = { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' }
    const { stripe } = await given([{ status: 402, json: { error }, headers: { 'request-id': 'req_9' } }])
    const thrown = await failure(stripe.paymentIntents.create({ amount: 1, currency: 'eur' }))
    expect(thrown).toBeInstanceOf(Stripe.errors.StripeCardError)
    expect(thrown).toMatchObject({ message: error.message, code: 'card_declined', requestId: 'req_9' })
  })

  test('says what held a call back in its error’s detail', async () => {
    const { stripe, seen } = await given([intent], { openMs: 60_000 })
    const thrown = await failure(stripe.balance.retrieve())
    expect(thrown).toBeInstanceOf(Stripe.errors.StripeConnectionError)
    const { detail } = thrown as { detail: unknown }
    expect(detail).toBeInstanceOf(ApiError)
    expect(detail).toMatchObject({ kind: 'held', code: 'breaker_open', retryAfterMs: 60_000 })
    expect(seen).toEqual([])
  })

  test('turns pages by itself', async () => {
    const page = (ids: readonly string[], more: boolean) => ({
      json: { object: 'list', has_more: more, url: '/v1/customers', data: ids.map((id) => ({ id })) },
    })
    const { stripe, seen } = await given([page(['cus_1', 'cus_2'], true), page(['cus_3'], false)])
    const ids: string[] = []
    for await (const { id } of stripe.customers.list({ limit: 2 })) ids.push(id)
    expect(ids).toEqual(['cus_1', 'cus_2', 'cus_3'])
    expect(seen[1]?.url.search).toBe('?limit=2&starting_after=cus_2')
  })

  test('uploads a file in parts; its key does not depend on the boundary between them', async () => {
    const { fetchBy, seen } = await given([{ json: { id: 'file_1' } }])
    const data = Buffer.from([0, 255, 13, 10, 128])
    const file = { data, name: 'a.bin', type: 'application/octet-stream' }
    for (const _ of [1, 2]) {
      const stripe = stripeOver(fetchBy({ keys: idempotencyKeys('evt_1') }))
      await stripe.files.create({ purpose: 'dispute_evidence', file })
    }
    for (const { url, headers, body } of seen) {
      expect(url.pathname).toBe('/v1/files')
      const form = await new Response(new Uint8Array(body), { headers }).formData()
      expect(form.get('purpose')).toBe('dispute_evidence')
      expect(Buffer.from(await (form.get('file') as File).bytes())).toEqual(data)
    }
    const distinct = (name: string): number => new Set(seen.map(({ headers }) => headers.get(name))).size
    expect([distinct('content-type'), distinct('idempotency-key')]).toEqual([2, 1])
  })

  test('downloads bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))
    const { stripe } = await given([{ bytes }])
    const quote = await stripe.quotes.pdf('qt_1')
    expect(await buffer(quote as unknown as AsyncIterable<Uint8Array>)).toEqual(bytes)
  })

  test('ends with the attempt of its handler', async () => {
    const attempt = new AbortController()
    const { fetch } = await given([() => (attempt.abort(new Error('over')), { silent: true })])
    const thrown = await failure(stripeOver(within(attempt.signal, fetch)).balance.retrieve())
    expect(thrown).toMatchObject({ type: 'StripeConnectionError', detail: { message: 'over' } })
  })
})
