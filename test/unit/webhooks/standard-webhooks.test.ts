import { expect, test } from 'vitest'
import { expectBadSignature } from '#test/fakes/refusal.ts'
import { givenEndpoint, sendSigned } from '#test/fakes/send-signed.ts'
import { standardDigest, standardSigner } from '#test/fakes/signers.ts'

test.each([{ id: undefined }, { id: '' }])(
  'Standard Webhooks without an id is refused, even signed so: %j',
  async ({ id }) => {
    const given = givenEndpoint(standardSigner)
    const headers = (signed: Record<string, string>) => ({
      'webhook-id': id,
      'webhook-signature': `v1,${standardDigest(`.${signed['webhook-timestamp']}.${standardSigner.body}`)}`,
    })
    const result = await sendSigned(given, standardSigner, { headers })
    expectBadSignature(given, result, 'standard-webhooks')
  },
)

test('beside the headers of the specification those of Svix count for nothing', async () => {
  const right = givenEndpoint(standardSigner)
  const noise = () => ({ 'svix-id': 'x', 'svix-timestamp': '1', 'svix-signature': 'v1,x' })
  expect((await sendSigned(right, standardSigner, { headers: noise })).statusCode).toBe(202)
  expect(right.queued()[0]?.deliveryKey).toBe('msg_2KWPBgLlAfxdpx2AI54pPJ85f4W')
  const wrong = givenEndpoint(standardSigner)
  const headers = (signed: Record<string, string>) => ({
    'svix-id': signed['webhook-id'],
    'svix-timestamp': signed['webhook-timestamp'],
    'svix-signature': signed['webhook-signature'],
    'webhook-signature': `v1,${'A'.repeat(43)}=`,
  })
  const result = await sendSigned(wrong, standardSigner, { headers })
  expectBadSignature(wrong, result, 'standard-webhooks')
})

test('Svix sends the same headers under its own names', async () => {
  const given = givenEndpoint(standardSigner)
  const headers = (signed: Record<string, string>) => ({
    ...Object.fromEntries(Object.keys(signed).map((name) => [name, undefined])),
    ...Object.fromEntries(
      Object.entries(signed).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]),
    ),
  })
  expect((await sendSigned(given, standardSigner, { headers })).statusCode).toBe(202)
  expect(given.queued()[0]?.deliveryKey).toBe('msg_2KWPBgLlAfxdpx2AI54pPJ85f4W')
})

test('a mixture of both sets of names is refused', async () => {
  const given = givenEndpoint(standardSigner)
  const headers = (signed: Record<string, string>) => ({
    'webhook-id': undefined,
    'svix-id': signed['webhook-id'],
  })
  expectBadSignature(given, await sendSigned(given, standardSigner, { headers }), 'standard-webhooks')
})
