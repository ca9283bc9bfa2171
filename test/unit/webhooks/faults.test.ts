import { describe, expect, test } from 'vitest'
import { ingest as limits } from '#lib/config/defaults.ts'
import { toSeconds } from '#lib/primitives/clock.ts'
import {
  endpointOf,
  gatewayEvent,
  givenWebhook,
  type Answer,
  type AwsCall,
} from '#test/fakes/given-webhook.ts'
import { stripeSigner } from '#test/fakes/signers.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const small = new TextEncoder().encode(stripeSigner.body)
const large = new TextEncoder().encode(
  JSON.stringify({ id: 'evt_large', data: 'x'.repeat(limits.inlineLimitBytes) }),
)

async function given(answer: Answer, body: Uint8Array = small) {
  const clock = virtualClock()
  const webhook = givenWebhook({
    endpoints: [endpointOf('stripe')],
    secrets: { stripe: [stripeSigner.secret] },
    answer,
    clock,
  })
  const headers = await stripeSigner.sign(body, stripeSigner.secret, toSeconds(clock.now()))
  const startedAt = clock.now()
  const pending = webhook.send(gatewayEvent({ path: '/webhooks/stripe', headers, body }))
  // Runs out of timers only when the handler has ended every one of its own.
  while (await clock.next());
  const result = await pending
  return { ...webhook, result, tookMs: clock.now() - startedAt }
}

const operations = (calls: readonly AwsCall[]) => calls.map(({ operation }) => operation)
const isQueue = ({ service }: AwsCall): boolean => service === 'sqs'
const failing =
  (which: (call: AwsCall) => boolean): Answer =>
  (call) => {
    if (which(call)) throw new Error('the service is down')
  }
const hanging =
  (which: (call: AwsCall) => boolean): Answer =>
  (call) =>
    which(call) ? new Promise(() => {}) : undefined

describe('the budget of calls', () => {
  test('F09, F10: a webhook costs one call, to the queue alone', async () => {
    const { calls, counted, result, tookMs } = await given(() => {})
    expect(operations(calls)).toEqual(['SendMessageCommand'])
    expect(result.statusCode).toBe(202)
    expect(counted).toEqual(['WebhookAccepted'])
    // Time went on if a timer was left behind.
    expect(tookMs).toBe(0)
  })

  test('a body over the inline limit costs two, the object before the message (M10)', async () => {
    const { calls, queued } = await given(() => {}, large)
    expect(operations(calls)).toEqual(['PutObjectCommand', 'SendMessageCommand'])
    const [put] = calls
    expect(queued()[0]?.body).toEqual({
      key: put?.input['Key'],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      bytes: large.byteLength,
    })
    expect(put?.input['Body']).toEqual(large)
    expect(put?.input['Key']).toMatch(/^bodies\/default\/[A-Za-z0-9_-]{22}$/)
  })

  test('the largest inline body fits a message', async () => {
    const filler = limits.inlineLimitBytes - '{"id":"evt_1","data":""}'.length
    const body = new TextEncoder().encode(JSON.stringify({ id: 'evt_1', data: 'x'.repeat(filler) }))
    expect(body.byteLength).toBe(limits.inlineLimitBytes)
    const { calls } = await given(() => {}, body)
    expect(operations(calls)).toEqual(['SendMessageCommand'])
    expect(Buffer.byteLength(String(calls[0]?.input['MessageBody']))).toBeLessThanOrEqual(1_048_576)
  })
})

test('a body at the limit with long facts beside it is not put into a message that SQS refuses', async () => {
  const facts = { id: '\u65e5'.repeat(256), type: '\u65e5'.repeat(128), data: '' }
  const filler = limits.inlineLimitBytes - Buffer.byteLength(JSON.stringify(facts))
  const body = new TextEncoder().encode(JSON.stringify({ ...facts, data: 'x'.repeat(filler) }))
  expect(body.byteLength).toBe(limits.inlineLimitBytes)
  const { calls } = await given(() => {}, body)
  expect(operations(calls)).toEqual(['PutObjectCommand', 'SendMessageCommand'])
})

describe('when the queue does not take it', () => {
  test('a second try is made, and it is enough', async () => {
    let tries = 0
    const { calls, result } = await given(() => {
      tries += 1
      if (tries === 1) throw new Error('throttled')
    })
    expect(operations(calls)).toEqual(['SendMessageCommand', 'SendMessageCommand'])
    expect(result.statusCode).toBe(202)
  })

  test.each([
    ['F04: fails', failing(isQueue)],
    ['F05: hangs', hanging(isQueue)],
  ])('%s: the envelope is spilled to the bucket and still accepted', async (_name, answer) => {
    const { calls, counted, result, tookMs } = await given(answer)
    expect(operations(calls)).toEqual(['SendMessageCommand', 'SendMessageCommand', 'PutObjectCommand'])
    expect(result.statusCode).toBe(202)
    expect(counted).toEqual(['WebhookSpilled'])
    const spilled = calls[2]?.input
    expect(spilled?.['Key']).toMatch(/^spill\/\d{13}-[A-Za-z0-9_-]{22}\.json$/)
    expect(String(Buffer.from(spilled?.['Body'] as Uint8Array))).toBe(calls[0]?.input['MessageBody'])
    expect(tookMs).toBeLessThanOrEqual(limits.budgetMs)
  })

  test('F06: a large body spills its pointer; the object was there first', async () => {
    const { calls, result } = await given(failing(isQueue), large)
    expect(operations(calls)).toEqual([
      'PutObjectCommand',
      'SendMessageCommand',
      'SendMessageCommand',
      'PutObjectCommand',
    ])
    expect(result.statusCode).toBe(202)
  })
})

describe('when nothing takes it', () => {
  test.each([
    ['fail', failing(() => true)],
    ['hang', hanging(() => true)],
  ])(
    'F04, F05: queue and bucket %s: 503 with Retry-After inside the budget, never 2xx',
    async (_name, answer) => {
      const { counted, result, tookMs } = await given(answer)
      expect(result.statusCode).toBe(503)
      expect(result.headers?.['retry-after']).toBe(String(limits.retryAfterSeconds))
      expect(JSON.parse(result.body ?? '')).toMatchObject({ code: 'unavailable' })
      expect(counted).toEqual(['WebhookUnavailable'])
      expect(tookMs).toBeLessThanOrEqual(limits.budgetMs)
    },
  )

  test('F07: without its object a large body puts nothing on the queue', async () => {
    const { calls, result } = await given(
      failing((call) => call.service === 's3'),
      large,
    )
    expect(operations(calls)).toEqual(['PutObjectCommand'])
    expect(result.statusCode).toBe(503)
  })
})

test('F05, F11: secrets that are never loaded do not hold a sender beyond the budget', async () => {
  const webhook = givenWebhook({ endpoints: [endpointOf('stripe')], secrets: {}, secretsHang: true })
  const pending = webhook.send(gatewayEvent({ path: '/webhooks/stripe', body: small }))
  await webhook.clock.advance(limits.budgetMs)
  const result = await pending
  expect(result.statusCode).toBe(503)
  expect(result.headers?.['retry-after']).toBe(String(limits.retryAfterSeconds))
  expect(webhook.calls).toEqual([])
})

test('F01, M09: nothing is answered before the queue has the message', async () => {
  let settle = (): void => {}
  const answered = new Promise<void>((resolve) => (settle = resolve))
  const webhook = givenWebhook({
    endpoints: [endpointOf('stripe')],
    secrets: { stripe: [stripeSigner.secret] },
    answer: () => answered,
  })
  const headers = await stripeSigner.sign(small, stripeSigner.secret, toSeconds(webhook.clock.now()))
  let result: unknown
  const pending = webhook.send(gatewayEvent({ path: '/webhooks/stripe', headers, body: small }))
  const done = pending.then((it) => (result = it))
  await webhook.clock.advance(700)
  expect(webhook.calls).toHaveLength(1)
  expect(result).toBeUndefined()
  settle()
  await done
  expect(result).toMatchObject({ statusCode: 202 })
})

test('F03: an answer that got lost makes a second message of the same event', async () => {
  let tries = 0
  const { queued } = await given(() => {
    tries += 1
    return tries === 1 ? Promise.reject(new Error('socket hang up')) : undefined
  })
  const [first, second] = queued()
  expect(second).toEqual(first)
})
