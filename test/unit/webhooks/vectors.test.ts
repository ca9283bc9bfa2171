import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { HmacScheme } from '#lib/providers/scheme.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { siteOf } from '#test/fakes/sender-site.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Vector {
  readonly name: string
  readonly provider: string
  readonly scheme?: HmacScheme
  readonly secrets: readonly string[]
  readonly nowSeconds: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly valid: boolean
  /** What the sender publishes, by address. */
  readonly documents?: Readonly<Record<string, string>>
}

const file = new URL('../../vectors/webhooks.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]

test('there are signatures that hold and signatures that do not, of every provider', () => {
  const kinds = new Set(vectors.map(({ provider, valid }) => `${provider} ${valid}`))
  const both = ['stripe', 'github', 'slack', 'hmac', 'leaflink', 'mycarrierpackets', 'quickbooks', 'sendgrid']
  for (const provider of [
    ...both,
    'ses',
    'gmail',
    'auth0',
    'google-calendar',
    'mixpanel',
    'standard-webhooks',
  ]) {
    expect(kinds).toContain(`${provider} true`)
    expect(kinds).toContain(`${provider} false`)
  }
})

test.each(vectors)('$name: accepted is $valid', async (vector) => {
  const given = givenWebhook({
    endpoints: [endpointOf(vector.provider, vector.scheme && { scheme: vector.scheme })],
    secrets: { [vector.provider]: vector.secrets },
    clock: virtualClock(vector.nowSeconds * 1_000),
    site: siteOf(vector.documents),
  })
  const { headers } = vector
  const body = new TextEncoder().encode(vector.body)
  const path = `/webhooks/${vector.provider}`
  const { statusCode = 0 } = await given.send(gatewayEvent({ path, headers, body }))
  const ack = findProvider(vector.provider)?.webhooks?.ack?.status ?? 202
  expect(statusCode).toBe(vector.valid ? (given.calls.length === 0 ? 200 : ack) : 401)
  if (!vector.valid) expect(given.calls).toEqual([])
})
