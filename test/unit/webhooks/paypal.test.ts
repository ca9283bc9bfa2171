import { sign as signBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { issue, type Issued } from '#test/fakes/certificates.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { expectBadSignature, expectRefusal } from '#test/fakes/refusal.ts'
import { siteOf } from '#test/fakes/sender-site.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { virtualClock, type VirtualClock } from '#test/fakes/virtual-clock.ts'
import { senderSite as limits } from '#lib/config/defaults.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { httpsPostback } from '#lib/webhooks/postback.https.ts'
import type { Postback } from '#lib/webhooks/postback.ts'

const certUrl = 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594'
const webhookId = '5L518819FA0214926'
const body = '{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED","create_time":"2026-05-28T20:26:40Z"}'

let root: Issued
let between: Issued
let leaf: Issued
const chains: Record<string, string> = {}
beforeAll(async () => {
  root = await issue('Root', { isAuthority: true })
  between = await issue('Between', { by: root, isAuthority: true })
  leaf = await issue('messageverificationcerts.paypal.com', { by: between })
  const name = 'messageverificationcerts.paypal.com'
  const noAuthority = await issue('No authority', { by: root })
  const strangers = await issue('Root of strangers', { isAuthority: true })
  chains['for another name'] = (await issue('paypal.com.evil.example', { by: root })).pem
  chains['that signed itself'] = (await issue(name)).pem
  chains['that leads nowhere'] = (await issue(name, { by: strangers })).pem
  chains['that leads to a root nobody knows'] =
    `${(await issue(name, { by: strangers })).pem}\n${strangers.pem}`
  chains['that is out of its time'] = (await issue(name, { by: root, until: '2021-01-01' })).pem
  chains['that is not yet good'] = (await issue(name, { by: root, from: '2040-01-01' })).pem
  chains['issued by what is no authority'] =
    `${(await issue(name, { by: noAuthority })).pem}\n${noAuthority.pem}`
  chains['with the step between left out'] = leaf.pem
  chains['that is garbage'] = 'not a certificate'
  chains['that is damaged'] = leaf.pem.replace(/[A-Z]{2}/, '!!')
})

const signature = (text: string, by: Issued = leaf): string =>
  signBytes('sha256', Buffer.from(text), by.privateKey).toString('base64')
const signedText = (id: string, time: string, of: string): string =>
  `${id}|${time}|${webhookId}|${crc32(Buffer.from(of))}`

const id = 'ac7f0d20-9169-11e6-a6f4-77339302725b'
const time = '2026-05-28T20:26:40Z'
const headers = (): Record<string, string> => ({
  'content-type': 'application/json',
  'paypal-transmission-id': id,
  'paypal-transmission-time': time,
  'paypal-transmission-sig': signature(signedText(id, time, body)),
  'paypal-auth-algo': 'SHA256withRSA',
  'paypal-cert-url': certUrl,
})

interface Given {
  readonly secrets?: readonly string[]
  readonly isDown?: boolean
  readonly postback?: Postback
  readonly clock?: VirtualClock
}

function given(text = `${leaf.pem}\n${between.pem}\n`, options: Given = {}) {
  const { secrets = [webhookId], isDown = false, ...others } = options
  const site = siteOf({ [certUrl]: text }, { isDown })
  const roots = [root.pem]
  const webhook = givenWebhook({
    endpoints: [endpointOf('paypal')],
    secrets: { paypal: secrets },
    site,
    roots,
    ...others,
  })
  const post = (changes: Record<string, string | undefined> = {}, sent = body) =>
    webhook.send(
      gatewayEvent({ path: '/webhooks/paypal', headers: { ...headers(), ...changes }, body: sent }),
    )
  return { ...webhook, site, post }
}

describe('an event of PayPal', () => {
  test('whose certificate leads to a known root is taken, by itself or over another', async () => {
    const { post, queued } = given()
    expect((await post()).statusCode).toBe(202)
    expect(queued()[0]).toMatchObject({ type: 'PAYMENT.SALE.COMPLETED', deliveryKey: 'WH-1' })
    const direct = await issue('x.paypal.com', { by: root })
    const sig = signature(signedText(id, time, body), direct)
    expect((await given(direct.pem).post({ 'paypal-transmission-sig': sig })).statusCode).toBe(202)
  })

  test('is taken from the sandbox too, and its certificate is asked for at its address alone', async () => {
    const url = certUrl.replace('api.paypal.com', 'api-m.sandbox.paypal.com')
    const site = siteOf({ [url]: `${leaf.pem}\n${between.pem}` })
    const endpoints = [endpointOf('paypal')]
    const webhook = givenWebhook({ endpoints, secrets: { paypal: [webhookId] }, site, roots: [root.pem] })
    const event = gatewayEvent({
      path: '/webhooks/paypal',
      headers: { ...headers(), 'paypal-cert-url': url },
      body,
    })
    expect((await webhook.send(event)).statusCode).toBe(202)
    expect(site.asked).toEqual([url])
  })
})

describe('what is refused before anything is fetched', () => {
  const cases: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['B001: no signature', { 'paypal-transmission-sig': undefined }],
    ['B002: an empty signature', { 'paypal-transmission-sig': '' }],
    ['B004: a signature that is no base64', { 'paypal-transmission-sig': 'zz!!' }],
    ['no id', { 'paypal-transmission-id': undefined }],
    ['no time', { 'paypal-transmission-time': undefined }],
    ['a time that is none', { 'paypal-transmission-time': 'soon' }],
    ['B011: SHA-1, which the header must not choose', { 'paypal-auth-algo': 'SHA1withRSA' }],
    ['no algorithm', { 'paypal-auth-algo': undefined }],
    ['no certificate', { 'paypal-cert-url': undefined }],
    ...[
      'http://api.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
      'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
      'https://evil.example/https://api.paypal.com/v1/notifications/certs/CERT-1',
      'https://api.paypal.com:444/v1/notifications/certs/CERT-1',
      'https://api.paypal.com/v1/notifications/certs/../../x',
      'https://api.paypal.com/v1/notifications/certs/CERT-1?x',
      'https://api.paypal.com/v1/notifications/certs/CERT-1#x',
      'https://api.paypal.com/v1/notifications/certs/%2e%2e',
      'https://api.paypal.com/v1/notifications/certs/',
      'https://www.paypal.com/v1/notifications/certs/CERT-1',
      'file:///etc/passwd',
    ].map((url) => [`a certificate at ${url}`, { 'paypal-cert-url': url }] as const),
  ]
  test.each(cases)('%s', async (_name, changes) => {
    const webhook = given()
    expectBadSignature(webhook, await webhook.post(changes), 'paypal')
    expect(webhook.site.asked).toEqual([])
  })
})

describe('what is refused by its certificate or signature', () => {
  test.each([
    'for another name',
    'that signed itself',
    'that leads nowhere',
    'that leads to a root nobody knows',
    'that is out of its time',
    'that is not yet good',
    'issued by what is no authority',
    'with the step between left out',
    'that is garbage',
    'that is damaged',
  ])('a certificate %s', async (which) => {
    const webhook = given(chains[which])
    expectBadSignature(webhook, await webhook.post(), 'paypal')
    expect(webhook.lines[0]).toContain('certificate_refused')
  })

  test('the body of another event, the id of another webhook, another time', async () => {
    for (const [changes, sent, secrets] of [
      [{}, `${body} `, undefined],
      [{}, body, ['another id']],
      [{ 'paypal-transmission-time': '2026-05-28T20:26:41Z' }, body, undefined],
      [{ 'paypal-transmission-id': 'another' }, body, undefined],
    ] as const) {
      const webhook = given(undefined, { ...(secrets && { secrets: [...secrets] }) })
      expectBadSignature(webhook, await webhook.post(changes, sent), 'paypal')
      expect(webhook.lines[0]).toContain('signature_mismatch')
    }
  })

  test('F12: both webhook ids of a change are taken', async () => {
    expect((await given(undefined, { secrets: ['the next one', webhookId] }).post()).statusCode).toBe(202)
  })

  test('while PayPal itself is away nobody knows: 503, to be sent again', async () => {
    const webhook = given(undefined, { isDown: true })
    expectRefusal(webhook, await webhook.post(), 503, 'unavailable')
  })

  test.each([[[]], [['']], [[' ']]])('B013: with %j for an id the endpoint answers 503', async (secrets) => {
    const webhook = given(undefined, { secrets })
    expectRefusal(webhook, await webhook.post(), 503, 'endpoint_misconfigured')
  })
})

describe('what can not be judged here is put to PayPal itself', () => {
  const withPostback = (answer: () => Response, { isSetUp = true, text = leaf.pem, isDown = false } = {}) => {
    const clock = virtualClock()
    const requests: { readonly url: string; readonly text: string; readonly authorization: string | null }[] =
      []
    const postback = httpsPostback({
      clock,
      log: silentLog,
      fetch: async (url, init) => {
        const request = new Request(url, init)
        requests.push({
          url: request.url,
          text: await request.text(),
          authorization: request.headers.get('authorization'),
        })
        return answer()
      },
      accessToken: async () => (isSetUp ? new Secret('token-of-ours') : undefined),
    })
    return { ...given(text, { isDown, postback, clock }), requests }
  }
  const says = (status: string) => () => Response.json({ verification_status: status })

  test('its word counts, and it gets the event as it came', async () => {
    const { post, requests } = withPostback(says('SUCCESS'))
    const spaced = body.replace('{', '{ ').replace('}', ',"n":1.10}')
    expect((await post({}, spaced)).statusCode).toBe(202)
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      url: 'https://api-m.paypal.com/v1/notifications/verify-webhook-signature',
      authorization: 'Bearer token-of-ours',
    })
    expect(requests[0]?.text.endsWith(`"webhook_event":${spaced}}`)).toBe(true)
    expect(JSON.parse(requests[0]?.text ?? '')).toMatchObject({
      auth_algo: 'SHA256withRSA',
      cert_url: certUrl,
      transmission_id: id,
      transmission_time: time,
      transmission_sig: headers()['paypal-transmission-sig'],
      webhook_id: webhookId,
    })
  })

  test('a forged one is refused by it', async () => {
    const webhook = withPostback(says('FAILURE'))
    expectBadSignature(webhook, await webhook.post(), 'paypal')
    expect(webhook.lines[0]).toContain('signature_mismatch')
  })

  test('a certificate that can not be fetched is no reason to wait, when PayPal answers', async () => {
    expect((await withPostback(says('SUCCESS'), { isDown: true }).post()).statusCode).toBe(202)
  })

  test.each([
    ['is away', () => new Response('', { status: 503 })],
    ['refuses our token', () => new Response('', { status: 401 })],
    ['has had enough', () => new Response('', { status: 429 })],
    ['answers with a page', () => new Response('<html>')],
    ['answers with too much', () => new Response('x'.repeat(70_000))],
  ])('while it %s nobody knows: 503, to be sent again', async (_name, answer) => {
    const webhook = withPostback(answer)
    expectRefusal(webhook, await webhook.post(), 503, 'unavailable')
  })

  test('without credentials of ours the certificate alone decides', async () => {
    const webhook = withPostback(says('SUCCESS'), { isSetUp: false })
    expectBadSignature(webhook, await webhook.post(), 'paypal')
    expect(webhook.lines[0]).toContain('certificate_refused')
    expect(webhook.requests).toEqual([])
  })

  test('it is not asked what the certificate has decided, nor about a certificate for another name', async () => {
    const text = `${leaf.pem}\n${between.pem}`
    const good = withPostback(says('FAILURE'), { text })
    expect((await good.post()).statusCode).toBe(202)
    const forged = withPostback(says('SUCCESS'), { text })
    expectBadSignature(forged, await forged.post({}, `${body} `), 'paypal')
    const another = withPostback(says('SUCCESS'), { text: chains['for another name'] ?? '' })
    expectBadSignature(another, await another.post(), 'paypal')
    expect([...good.requests, ...forged.requests, ...another.requests]).toEqual([])
  })

  test.each([
    ['ends the event early and names another webhook', `${body},"webhook_id":"of the forger"`],
    ['is no JSON', 'x'],
    ['is no object', '[1]'],
  ])('a body that %s is not put to it', async (_name, text) => {
    const { post, requests } = withPostback(says('SUCCESS'))
    expect((await post({}, text)).statusCode).toBe(401)
    expect(requests).toEqual([])
  })

  test('strangers can not make a flood of it', async () => {
    const { post, requests } = withPostback(says('FAILURE'))
    for (let nth = 0; nth < 40; nth += 1) await post()
    expect(requests).toHaveLength(limits.requestsPerMinute)
  })
})
