import { expect, test } from 'vitest'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { hmacSigner } from '#test/fakes/signers.ts'

const shop = endpointOf('hmac', { deliveryKey: [{ pointer: '/order/id' }] })

/** The id that a delivery of `body` is accepted under. */
async function idOf(body: object, endpoint = shop): Promise<unknown> {
  const { send } = givenWebhook({ endpoints: [endpoint], secrets: { hmac: ['s'] } })
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const headers = await hmacSigner.sign(bytes, 's', 0)
  const { body: answer = '{}' } = await send(gatewayEvent({ path: '/webhooks/hmac', headers, body: bytes }))
  return (JSON.parse(answer) as { id?: unknown }).id
}

test('an hmac endpoint tells deliveries apart by what its config points at', async () => {
  const first = await idOf({ order: { id: 'o1' }, attempt: 1 })

  expect(first).toMatch(/^evt_/)
  expect(await idOf({ order: { id: 'o1' }, attempt: 2 })).toBe(first)
  expect(await idOf({ order: { id: 'o2' }, attempt: 1 })).not.toBe(first)
})

test('without that, and where it leads to nothing, by the body', async () => {
  const plain = endpointOf('hmac')

  expect(await idOf({ order: { id: 'o1' }, attempt: 1 }, plain)).not.toBe(
    await idOf({ order: { id: 'o1' }, attempt: 2 }, plain),
  )
  expect(await idOf({ attempt: 1 })).not.toBe(await idOf({ attempt: 2 }))
})
