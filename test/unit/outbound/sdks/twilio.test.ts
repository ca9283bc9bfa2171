import twilio from 'twilio'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { twilioOver } from '#lib/outbound/adapters/twilio.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { failure, givenSdk, within, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

const accountSid = `AC${'0'.repeat(32)}`
const messages = `/2010-04-01/Accounts/${accountSid}/Messages.json`

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'twilio', answers, ...more })
  return { ...world, client: twilioBy(world.fetch) }
}

const twilioBy = (fetch: Fetch): twilio.Twilio =>
  twilio(accountSid, 'placeholder', { httpClient: twilioOver(new twilio.RequestClient(), fetch) })

const sms = { to: '+4915112345678', from: '+15005550006', body: 'Grüße & +mehr' }
const queued = { status: 201, json: { sid: 'SM1', status: 'queued', body: sms.body } }

describe('the SDK of Twilio', () => {
  test('calls the connection where the operator has put it, with its credentials and not with the SDK’s token', async () => {
    const { client, seen } = await given([queued])
    const { sid, status } = await client.messages.create({
      ...sms,
      mediaUrl: ['https://a.test/1', 'https://a.test/2'],
    })
    expect([sid, status]).toEqual(['SM1', 'queued'])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([`POST ${messages}`])
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
    expect(seen[0]?.headers.get('user-agent')).toContain('twilio-node')
    const form = new URLSearchParams(seen[0]?.body.toString())
    expect([form.get('To'), form.get('Body'), form.getAll('MediaUrl')]).toEqual([
      sms.to,
      sms.body,
      ['https://a.test/1', 'https://a.test/2'],
    ])
  })

  test('has a 503 repeated by the chain where that does nothing twice, and gets it where not', async () => {
    const busy = { status: 503, json: { code: 20503, message: 'busy' } }
    const reading = await given([busy, { json: { sid: 'SM1' } }])
    expect((await reading.client.messages('SM1').fetch()).sid).toBe('SM1')
    expect(reading.seen).toHaveLength(2)
    const writing = await given([busy])
    expect(await failure(writing.client.messages.create(sms))).toBeInstanceOf(twilio.RestException)
    expect(writing.seen).toHaveLength(1)
  })

  test('waits as long as a 429 asks, and sends a message that was not heard again', async () => {
    const limited = { status: 429, headers: { 'retry-after': '2' }, json: { code: 20429, message: 'slow' } }
    const { client, seen, slept } = await given([limited, queued])
    expect((await client.messages.create(sms)).sid).toBe('SM1')
    expect(seen).toHaveLength(2)
    expect(slept[0]).toBeGreaterThanOrEqual(2_000)
  })

  test('throws its own error with Twilio’s message and code', async () => {
    const json = {
      code: 21211,
      message: "Invalid 'To' Phone Number",
      status: 400,
      more_info: 'https://a.test',
    }
    const { client } = await given([{ status: 400, json }])
    const thrown = await failure(client.messages.create(sms))
    expect(thrown).toBeInstanceOf(twilio.RestException)
    expect(thrown).toMatchObject({ status: 400, code: 21211, message: json.message })
  })

  test('says what held a call back in its error’s cause', async () => {
    const { client, seen } = await given([queued], { openMs: 60_000 })
    const { cause } = (await failure(client.messages.create(sms))) as Error
    expect(cause).toBeInstanceOf(ApiError)
    expect(cause).toMatchObject({ kind: 'held', code: 'breaker_open' })
    expect(seen).toEqual([])
  })

  test('turns pages by itself', async () => {
    const next = `${messages}?PageSize=2&Page=1&PageToken=P2`
    const { client, seen } = await given([
      { json: { messages: [{ sid: 'SM1' }, { sid: 'SM2' }], next_page_uri: next } },
      { json: { messages: [{ sid: 'SM3' }], next_page_uri: null } },
    ])
    const found = await client.messages.list({ pageSize: 2 })
    expect(found.map(({ sid }) => sid)).toEqual(['SM1', 'SM2', 'SM3'])
    expect(seen[1]?.url.searchParams.get('PageToken')).toBe('P2')
  })

  test('takes 204 for an answer without a body', async () => {
    const { client } = await given([{ status: 204 }])
    expect(await client.messages('SM1').remove()).toBe(true)
  })

  test('ends with the attempt of its handler', async () => {
    const attempt = new AbortController()
    const { fetch } = await given([() => (attempt.abort(new Error('over')), { silent: true })])
    const thrown = await failure(twilioBy(within(attempt.signal, fetch)).messages.create(sms))
    expect(thrown).toMatchObject({ message: 'over' })
  })
})
