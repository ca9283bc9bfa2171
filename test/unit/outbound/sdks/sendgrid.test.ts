import sendgrid from '@sendgrid/client'
import sendgridMail from '@sendgrid/mail'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { sendgridMailOver, sendgridOver } from '#lib/outbound/adapters/sendgrid.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { failure, givenSdk, within, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'sendgrid', answers, ...more })
  return { ...world, ...sendgridBy(world.fetch) }
}

function sendgridBy(fetch: Fetch) {
  const client = sendgridOver(sendgrid, fetch)
  return { client, mail: sendgridMailOver(sendgridMail, client) }
}

const letter = { to: 'a@example.com', from: 'b@example.com', subject: 'Grüße', text: '"mehr" & mehr' }
const accepted = { status: 202, headers: { 'x-message-id': 'M1' } }

describe('the SDK of SendGrid', () => {
  test('calls the connection where the operator has put it, with its credentials and without any key of its own', async () => {
    const { mail, seen } = await given([accepted])
    const [answer] = await mail.send({ ...letter, attachments: [{ content: 'AP8NCoA=', filename: 'a.bin' }] })
    expect([answer.statusCode, (answer.headers as Record<string, string>)['x-message-id']]).toEqual([
      202,
      'M1',
    ])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['POST /v3/mail/send'])
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
    const sent = JSON.parse(seen[0]?.body.toString() ?? '') as Record<string, unknown>
    expect(sent['subject']).toBe(letter.subject)
    expect(sent['attachments']).toEqual([{ content: 'AP8NCoA=', filename: 'a.bin' }])
  })

  test('leaves what the packages export as it is', async () => {
    const { client, mail } = await given([accepted])
    expect([client === sendgrid, (mail as unknown) === sendgridMail]).toEqual([false, false])
    expect(sendgrid.createRequest({ url: '/' })).not.toHaveProperty('adapter')
  })

  test('has the credentials of the connection and not the key that it was given', async () => {
    const { client, mail, seen } = await given([accepted])
    client.setApiKey('SG.placeholder')
    await mail.send(letter)
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
  })

  test('has a 503 repeated by the chain where that does nothing twice, and gets it where not', async () => {
    const busy = { status: 503, json: { errors: [{ message: 'busy' }] } }
    const reading = await given([busy, { json: { result: [] } }])
    const [, body] = await reading.client.request({
      method: 'GET',
      url: '/v3/templates',
      qs: { generations: 'dynamic' },
    })
    expect(body).toEqual({ result: [] })
    expect(reading.seen.map(({ url }) => url.search)).toEqual([
      '?generations=dynamic',
      '?generations=dynamic',
    ])
    const writing = await given([busy])
    expect(await failure(writing.mail.send(letter))).toMatchObject({ code: 503 })
    expect(writing.seen).toHaveLength(1)
  })

  test('waits as long as a 429 asks, and sends a letter that was not heard again', async () => {
    const limited = { status: 429, headers: { 'retry-after': '2' }, json: { errors: [{ message: 'slow' }] } }
    const { mail, seen, slept } = await given([limited, accepted])
    expect((await mail.send(letter))[0].statusCode).toBe(202)
    expect(seen).toHaveLength(2)
    expect(slept[0]).toBeGreaterThanOrEqual(2_000)
  })

  test('throws its own error with SendGrid’s message', async () => {
    const errors = [
      { message: 'The from email does not contain a valid address.', field: 'from.email', help: null },
    ]
    const { mail } = await given([{ status: 400, json: { errors } }])
    const thrown = await failure(mail.send(letter))
    expect(thrown).toMatchObject({ code: 400, response: { body: { errors } } })
    expect(String(thrown)).toContain(errors[0]?.message)
  })

  test('says what held a call back in its error’s cause', async () => {
    const { mail, seen } = await given([accepted], { openMs: 60_000 })
    const { cause } = (await failure(mail.send(letter))) as Error
    expect(cause).toBeInstanceOf(ApiError)
    expect(cause).toMatchObject({ kind: 'held', code: 'breaker_open' })
    expect(seen).toEqual([])
  })

  test('lists pages as they are asked for', async () => {
    const { client, seen } = await given([{ json: [{ email: 'a@example.com' }] }, { json: [] }])
    const found: unknown[] = []
    for (let offset = 0; ; offset += 1) {
      const [, body] = (await client.request({
        method: 'GET',
        url: '/v3/suppression/bounces',
        qs: { limit: 1, offset },
      })) as [unknown, unknown[]]
      if (body.length === 0) break
      found.push(...body)
    }
    expect(found).toEqual([{ email: 'a@example.com' }])
    expect(seen.map(({ url }) => url.search)).toEqual(['?limit=1&offset=0', '?limit=1&offset=1'])
  })

  test('ends with the attempt of its handler', async () => {
    const attempt = new AbortController()
    const { fetch } = await given([() => (attempt.abort(new Error('over')), { silent: true })])
    const thrown = await failure(sendgridBy(within(attempt.signal, fetch)).mail.send(letter))
    expect(thrown).toMatchObject({ message: 'over' })
  })
})
