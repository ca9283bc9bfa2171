import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inlineBytes, type InlineBody } from '#lib/buffer/envelope.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { toSeconds } from '#lib/primitives/clock.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { endpointOf, gatewayEvent, givenWebhook, type GivenWebhook } from '#test/fakes/given-webhook.ts'
import { moreSigners } from '#test/fakes/signers-more.ts'
import { expectRefusal } from '#test/fakes/refusal.ts'
import {
  githubSigner,
  hmacSigner,
  signers,
  slackSigner,
  stripeSigner,
  type Signer,
} from '#test/fakes/signers.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const givenEndpoint = (signer: Signer): GivenWebhook =>
  givenWebhook({ endpoints: [endpointOf(signer.provider)], secrets: { [signer.provider]: [signer.secret] } })

async function send(
  given: GivenWebhook,
  signer: Signer,
  body: Uint8Array,
  more: Record<string, string> = {},
) {
  const signed = await signer.sign(body, signer.secret, toSeconds(given.clock.now()))
  return given.send(
    gatewayEvent({ path: `/webhooks/${signer.provider}`, headers: { ...signed, ...more }, body }),
  )
}

const stored = (given: GivenWebhook): Buffer => inlineBytes(given.queued()[0]?.body as InlineBody)

const all = [...signers, ...moreSigners]
const named = (signer: Signer) => ({ name: signer.name ?? signer.provider, signer })

describe.each(all.map(named))('a body of $name', ({ signer }) => {
  const kept: readonly (readonly [string, Uint8Array])[] = [
    ['B025: other white space and key order', bytes('{ "type" : "t",\r\n "id":"evt_1" , "n":1.0 }\n')],
    ['B027: a byte order mark', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes('{"id":"evt_1"}')])],
    ['B028: invalid UTF-8', Buffer.concat([bytes('{"id":"evt_'), Buffer.of(0xff), bytes('"}')])],
    ['B029: lone surrogates, NUL and control characters', bytes('{"id":"\\ud800\\u0000","x":"\\u0007"}')],
    ['B036: JSON nested five thousand deep', bytes(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)],
    ['B037: a quarter of a million zeros', bytes(`{"a":[${'0,'.repeat(250_000)}0]}`)],
    ['B038: __proto__ as a key', bytes('{"__proto__":{"id":"evil"},"constructor":{"prototype":{"id":1}}}')],
    ['B040: numbers beyond what a double holds', bytes('{"id":12345678901234567890,"x":1e999}')],
  ]
  test.each(kept)('%s is verified and stored byte for byte', async (_name, body) => {
    const given = givenEndpoint(signer)
    const result = await send(given, signer, body)
    expect(result.statusCode).toBe(findProvider(signer.provider)?.webhooks?.ack?.status ?? 202)
    expect(stored(given).equals(Buffer.from(body))).toBe(true)
    expect({}.constructor).toBe(Object)
  })

  test('B030: a body in another charset is verified and stored as it came', async () => {
    const given = givenEndpoint(signer)
    const body = Buffer.from('\ufeff{"id":"evt_1","name":"Z\u00fcrich"}', 'utf16le')
    const result = await send(given, signer, body, { 'content-type': 'application/json; charset=utf-16le' })
    expect(result.statusCode).toBeLessThan(300)
    expect(stored(given).equals(body)).toBe(true)
  })

  test('B031: a compressed body is verified over what came and never inflated here', async () => {
    const given = givenEndpoint(signer)
    const body = gzipSync(Buffer.alloc(20_000_000))
    const result = await send(given, signer, body, { 'content-encoding': 'gzip' })
    expect(result.statusCode).toBeLessThan(300)
    expect(stored(given).equals(body)).toBe(true)
    expect(given.queued()[0]).toMatchObject({
      deliveryKey:
        signer.provider === 'standard-webhooks'
          ? (expect.stringMatching(/^msg_/) as string)
          : `sha256:${sha256Hex(body)}`,
      headers: { 'content-encoding': 'gzip' },
    })
  })

  test('B033, F14: a body one byte over the limit is 413, signed or not', async () => {
    const given = givenWebhook({
      endpoints: [endpointOf(signer.provider, { maxBodyBytes: 100 })],
      secrets: { [signer.provider]: [signer.secret] },
    })
    expectRefusal(given, await send(given, signer, bytes('x'.repeat(101))), 413, 'body_too_large')
    // The size is looked at first, so that nobody's bytes are hashed for nothing.
    const unsigned = gatewayEvent({ path: `/webhooks/${signer.provider}`, body: bytes('x'.repeat(101)) })
    expectRefusal(given, await given.send(unsigned), 413, 'body_too_large')
  })
})

describe.each(all.filter((it) => it !== hmacSigner).map(named))(
  'an endpoint of $name, which takes JSON,',
  ({ signer }) => {
    test('B032: answers 400 to an empty body, rightly signed', async () => {
      const given = givenEndpoint(signer)
      expectRefusal(given, await send(given, signer, new Uint8Array()), 400, 'empty_body')
    })

    test.each(['<html></html>', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', '{"id":', 'undefined', 'NaN'])(
      'B035: answers 400 to %s, rightly signed',
      async (text) => {
        const given = givenEndpoint(signer)
        expectRefusal(given, await send(given, signer, bytes(text)), 400, 'not_json')
      },
    )
  },
)

test.each(['', 'not JSON at all', '<x/>'])(
  'B032, B035: an endpoint for raw bodies takes %j',
  async (text) => {
    const given = givenEndpoint(hmacSigner)
    expect((await send(given, hmacSigner, bytes(text))).statusCode).toBe(202)
    expect(stored(given).toString()).toBe(text)
  },
)

describe('the delivery key', () => {
  const keyOf = async (body: string | Uint8Array, signer = stripeSigner) => {
    const given = givenEndpoint(signer)
    await send(given, signer, typeof body === 'string' ? bytes(body) : body)
    return given.queued()[0]?.deliveryKey
  }

  test.each([
    '{}',
    '{"id":null}',
    '{"id":{"a":1}}',
    '{"id":[]}',
    '{"id":""}',
    '{"id":true}',
    `{"id":"${'x'.repeat(10_000)}"}`,
    '{"id":"evt\\n1"}',
    '{"id":1e300}',
  ])('B024: %.40s names no delivery, so the body does', async (body) => {
    expect(await keyOf(body)).toBe(`sha256:${sha256Hex(bytes(body))}`)
  })

  test('B028: two bodies that only differ in invalid bytes stay two', async () => {
    const body = (byte: number) => Buffer.concat([bytes('{"id":"evt_'), Buffer.of(byte), bytes('"}')])
    expect(await keyOf(body(0xff))).not.toBe(await keyOf(body(0xfe)))
  })

  test('B039: of a doubled member the last counts, as JSON.parse has it', async () => {
    expect(await keyOf('{"id":"evt_1","id":"evt_2"}')).toBe('evt_2')
  })

  test('B023: one key of two tenants makes two events', async () => {
    const endpoints = ['a', 'b'].map((tenant) => endpointOf('stripe', { id: tenant, tenant }))
    const given = givenWebhook({ endpoints, secrets: { a: ['secret of both'], b: ['secret of both'] } })
    const body = bytes('{"id":"evt_1"}')
    const headers = await stripeSigner.sign(body, 'secret of both', toSeconds(given.clock.now()))
    for (const tenant of ['a', 'b']) {
      await given.send(gatewayEvent({ path: `/webhooks/stripe/${tenant}`, headers, body }))
    }
    const [first, second] = given.queued()
    expect([first?.tenant, second?.tenant]).toEqual(['a', 'b'])
    expect(first?.id).not.toBe(second?.id)
  })

  test('B020, F02: the same request again inside the window gets the same id', async () => {
    const given = givenEndpoint(stripeSigner)
    const first = await send(given, stripeSigner, bytes(stripeSigner.body))
    const second = await send(given, stripeSigner, bytes(stripeSigner.body))
    expect(second).toEqual(first)
  })

  test("B021: GitHub's unsigned delivery id does not make another event", async () => {
    const given = givenEndpoint(githubSigner)
    const body = bytes(githubSigner.body)
    await send(given, githubSigner, body)
    await send(given, githubSigner, body, { 'x-github-delivery': 'another' })
    const [first, second] = given.queued()
    expect(second?.id).toBe(first?.id)
    expect(second?.headers['x-github-delivery']).toBe('another')
  })
})

describe('types and times', () => {
  test.each([
    [stripeSigner, { type: 'charge.succeeded', deliveryKey: 'evt_1', occurredAt: 1_780_000_000_000 }],
    [githubSigner, { type: 'pull_request.opened' }],
    [slackSigner, { type: 'app_mention', deliveryKey: 'Ev1', occurredAt: 1_780_000_000_000 }],
    [hmacSigner, { type: 'order.created' }],
  ])('are read from where $provider puts them', async (signer, expected) => {
    const given = givenEndpoint(signer)
    await send(given, signer, bytes(signer.body))
    expect(given.queued()[0]).toMatchObject(expected)
  })

  test('a type of control characters is no type', async () => {
    const given = givenEndpoint(stripeSigner)
    await send(given, stripeSigner, bytes('{"id":"evt_1","type":"a\\u0000b"}'))
    expect(given.queued()[0]?.type).toBe('unknown')
  })
})

describe("Slack's handshake", () => {
  const challenge = (text: string): Uint8Array =>
    bytes(JSON.stringify({ type: 'url_verification', token: 't', challenge: text }))

  test('B043: is answered as plain text once the signature holds, and stores nothing', async () => {
    const given = givenEndpoint(slackSigner)
    const result = await send(given, slackSigner, challenge('<script>alert(1)</script>'))
    expect(result).toMatchObject({ statusCode: 200, body: '<script>alert(1)</script>' })
    expect(result.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
    expect(given.calls).toEqual([])
  })

  test('B043: is not answered without a signature', async () => {
    const given = givenEndpoint(slackSigner)
    const result = await given.send(gatewayEvent({ path: '/webhooks/slack', body: challenge('x') }))
    expectRefusal(given, result, 401, 'invalid_signature')
  })

  test('B043: a challenge of more than 256 characters is not echoed', async () => {
    const given = givenEndpoint(slackSigner)
    const result = await send(given, slackSigner, challenge('x'.repeat(257)))
    expect(result.body ?? '').not.toContain('xxx')
  })
})

test('a slash command is a form, keyed by its trigger', async () => {
  const given = givenEndpoint(slackSigner)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  await send(
    given,
    slackSigner,
    bytes('command=%2Fdeploy&trigger_id=13345224609.738474920.8088&text=now'),
    form,
  )
  expect(given.queued()[0]).toMatchObject({ type: '/deploy', deliveryKey: '13345224609.738474920.8088' })
})

test('an interaction is JSON inside a form', async () => {
  const given = givenEndpoint(slackSigner)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const payload = encodeURIComponent(JSON.stringify({ type: 'block_actions', trigger_id: '1.2.3' }))
  await send(given, slackSigner, bytes(`payload=${payload}`), form)
  expect(given.queued()[0]).toMatchObject({ type: 'block_actions', deliveryKey: '1.2.3' })
})
