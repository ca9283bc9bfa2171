import Stripe from 'stripe'
import { expect, test } from 'vitest'
import { toSeconds } from '#lib/primitives/clock.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'

const secret = 'whsec_5hDGwV8LmXyqZ3kRt7NcPb2s'
const thin = {
  id: 'evt_test_65R9Ijk8dKEYZcXeRWn16R9A7j1FSQ3w3TGDPLLGSM4CW0',
  object: 'v2.core.event',
  type: 'v1.billing.meter.error_report_triggered',
  livemode: false,
  created: '2026-05-28T20:26:40.123Z',
  context: 'acct_7',
  related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
}

async function taken(event: object) {
  const endpoint = endpointOf('stripe', { tenants: { acct_7: 'acme' } })
  const given = givenWebhook({ endpoints: [endpoint], secrets: { stripe: [secret] } })
  const payload = JSON.stringify(event)
  const timestamp = toSeconds(given.clock.now())
  const header = new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload, secret, timestamp })
  const headers = { 'stripe-signature': header, 'content-type': 'application/json' }
  await given.send(gatewayEvent({ path: '/webhooks/stripe', headers, body: payload }))
  return given.queued()[0]
}

test('a thin event has its id, type, account and time, which is text', async () => {
  expect(await taken(thin)).toMatchObject({
    deliveryKey: thin.id,
    type: 'v1.billing.meter.error_report_triggered',
    tenant: 'acme',
    account: 'acct_7',
    occurredAt: Date.parse(thin.created),
  })
})

test("a snapshot event's time is seconds", async () => {
  const event = await taken({
    id: 'evt_1',
    object: 'event',
    type: 'charge.succeeded',
    created: 1_780_000_000,
  })
  expect(event?.occurredAt).toBe(1_780_000_000_000)
})

test.each(['', 'soon', '-5', -5, 1e300, null, {}])('a time that is %j is left out', async (created) => {
  const event = await taken({ ...thin, created })
  expect(event?.id).toMatch(/^evt_/)
  expect(event?.occurredAt).toBeUndefined()
})
