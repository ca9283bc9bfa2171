import { sign as signBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { issue, type Issued } from '#test/fakes/certificates.ts'
import { endpointOf, gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { expectBadSignature, expectRefusal } from '#test/fakes/refusal.ts'
import { siteOf } from '#test/fakes/sender-site.ts'

const topic = 'arn:aws:sns:eu-west-1:123456789012:feedback'
const place = 'https://sns.eu-west-1.amazonaws.com/'
const certUrl = `${place}SimpleNotificationService-${'0a'.repeat(16)}.pem`
const subscribeUrl = `${place}?Action=ConfirmSubscription&TopicArn=${topic}&Token=t`

let own: Issued
let others: Readonly<Record<string, Issued>>
beforeAll(async () => {
  own = await issue('sns.amazonaws.com')
  others = {
    expired: await issue('sns.amazonaws.com', { until: '2021-01-01' }),
    early: await issue('sns.amazonaws.com', { from: '2040-01-01' }),
    named: await issue('sns.amazonaws.com.evil.example'),
  }
})

type Message = Record<string, unknown>
const notification: Message = {
  Type: 'Notification',
  MessageId: 'm-1',
  TopicArn: topic,
  Message: '{"eventType":"Bounce"}',
  Timestamp: '2026-05-28T20:26:40.000Z',
}
const confirmation: Message = {
  ...notification,
  Type: 'SubscriptionConfirmation',
  Message: 'You have chosen to subscribe',
  Token: 't',
  SubscribeURL: subscribeUrl,
}
const members = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  other: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
}

/** As SNS signs it, by hand from its documentation. */
function signed(message: Message, { version = '2', by = own, url = certUrl } = {}): Message {
  const names = message['Type'] === 'Notification' ? members.Notification : members.other
  const text = names
    .filter((name) => typeof message[name] === 'string')
    .map((name) => `${name}\n${String(message[name])}\n`)
    .join('')
  const hash = version === '1' ? 'sha1' : 'sha256'
  const Signature = signBytes(hash, Buffer.from(text), by.privateKey).toString('base64')
  return { ...message, SignatureVersion: version, Signature, SigningCertURL: url }
}

function given(site = siteOf({ [certUrl]: own.pem }), secrets: readonly string[] = [topic]) {
  const webhook = givenWebhook({ endpoints: [endpointOf('ses')], secrets: { ses: secrets }, site })
  const post = (message: Message | string) =>
    webhook.send(
      gatewayEvent({
        path: '/webhooks/ses',
        headers: { 'content-type': 'text/plain; charset=UTF-8' },
        body: typeof message === 'string' ? message : JSON.stringify(message),
      }),
    )
  return { ...webhook, site, post }
}

describe('a message of SNS', () => {
  test.each(['1', '2'])('of signature version %s is taken byte for byte', async (version) => {
    const { post, queued, site } = given()
    const text = JSON.stringify(signed(notification, { version }))
    expect((await post(text)).statusCode).toBe(200)
    const [envelope] = queued()
    expect(envelope).toMatchObject({ provider: 'ses', type: 'Bounce', deliveryKey: 'm-1' })
    const { base64 } = (envelope?.body ?? {}) as { readonly base64: string }
    expect(Buffer.from(base64, 'base64').toString()).toBe(text)
    expect(site.asked).toEqual([certUrl])
  })

  test.each([
    ['a subject', { ...notification, Subject: 'Hello' }],
    ['a subject that is null', { ...notification, Subject: null }],
    ['line feeds and other alphabets', { ...notification, Message: '{"a":"\u65e5\\n"}\nb' }],
  ])('with %s is taken', async (_name, message) => {
    expect((await given().post(signed(message))).statusCode).toBe(200)
  })

  test('may have members that nobody signs, and may come after a byte order mark', async () => {
    const message = { ...signed(notification), UnsubscribeURL: 'https://evil.example', MessageAttributes: {} }
    expect((await given().post(`\uFEFF${JSON.stringify(message)}`)).statusCode).toBe(200)
  })

  test('that says goodbye is an event', async () => {
    const { post, queued } = given()
    expect((await post(signed({ ...confirmation, Type: 'UnsubscribeConfirmation' }))).statusCode).toBe(200)
    expect(queued()[0]?.type).toBe('UnsubscribeConfirmation')
  })
})

describe('what is refused before anything is fetched', () => {
  const change = (more: Message) => () => ({ ...signed(notification), ...more })
  const cases: readonly (readonly [string, () => Message | string])[] = [
    ['another topic', () => signed({ ...notification, TopicArn: `${topic}2` })],
    ['signature version 3', change({ SignatureVersion: '3' })],
    ['no signature version', change({ SignatureVersion: undefined })],
    ['B001: no signature', change({ Signature: undefined })],
    ['B002: an empty signature', change({ Signature: '' })],
    ['B004: a signature that is no base64', change({ Signature: 'zz!!' })],
    ['a signature that is a list', change({ Signature: ['x'] })],
    ['an unknown type', () => signed({ ...notification, Type: 'constructor' })],
    ['a message that is no text', change({ Message: {} })],
    ['raw delivery, which nobody signs', () => String(notification['Message'])],
    ['an array', () => '[]'],
    ['no JSON', () => 'Type=Notification'],
    ...[
      'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
      'https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-00.pem',
      'https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-00.pem',
      'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-00.pem',
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00.pem',
      'https://sns.eu-west-1.amazonaws.com/x/../SimpleNotificationService-00.pem',
      'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem?x',
      'https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
      'HTTPS://SNS.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
      'https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
    ].map((url) => [`a certificate at ${url}`, () => signed(notification, { url })] as const),
  ]
  test.each(cases)('%s', async (_name, message) => {
    const webhook = given()
    expectBadSignature(webhook, await webhook.post(message()), 'ses')
    expect(webhook.site.asked).toEqual([])
  })
})

describe('what is refused by its certificate or signature', () => {
  const changes: readonly (readonly [string, () => Message])[] = [
    ['a changed message', () => ({ ...signed(notification), Message: '{"eventType":"Send"}' })],
    ['a subject that was not signed', () => ({ ...signed(notification), Subject: 'New' })],
    ['a subject taken away', () => ({ ...signed({ ...notification, Subject: 'S' }), Subject: undefined })],
    [
      'version 1 passed off as version 2',
      () => ({ ...signed(notification, { version: '1' }), SignatureVersion: '2' }),
    ],
  ]
  test.each(changes)('%s', async (_name, message) => {
    const webhook = given()
    expectBadSignature(webhook, await webhook.post(message()), 'ses')
    expect(webhook.site.asked).toEqual([certUrl])
  })

  test.each(['expired', 'early', 'named'])('a certificate that is %s', async (which) => {
    const by = others[which] ?? own
    const webhook = given(siteOf({ [certUrl]: by.pem }))
    expectBadSignature(webhook, await webhook.post(signed(notification, { by })), 'ses')
    expect(webhook.lines[0]).toContain('certificate_refused')
  })

  test.each([
    ['absent', {}],
    ['no certificate', { [certUrl]: '<html>' }],
    ['a damaged one', { [certUrl]: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
  ])('a certificate that is %s', async (_name, documents) => {
    const webhook = given(siteOf(documents))
    expectBadSignature(webhook, await webhook.post(signed(notification)), 'ses')
  })

  test('while SNS itself is away nobody knows: 503, to be sent again', async () => {
    const webhook = given(siteOf({}, { isDown: true }))
    expectRefusal(webhook, await webhook.post(signed(notification)), 503, 'unavailable')
  })

  test.each([[[]], [['']], [['my-topic']], [['arn:aws:sqs:eu-west-1:123456789012:feedback']]])(
    'B013: with %j for a topic the endpoint answers 503',
    async (secrets) => {
      const webhook = given(undefined, secrets)
      expectRefusal(webhook, await webhook.post(signed(notification)), 503, 'endpoint_misconfigured')
      expect(webhook.site.asked).toEqual([])
    },
  )
})

describe('a subscription', () => {
  test('is confirmed by one call of its own address, and not kept', async () => {
    const { post, site, calls } = given()
    expect((await post(signed(confirmation))).statusCode).toBe(200)
    expect(site.asked).toEqual([certUrl, `visit ${subscribeUrl}`])
    expect(calls).toEqual([])
  })

  test('whose address does not answer is asked for again', async () => {
    const webhook = given(siteOf({ [certUrl]: own.pem }, { visitable: false }))
    expectRefusal(webhook, await webhook.post(signed(confirmation)), 503, 'unavailable')
  })

  test.each([
    ['of another topic', () => signed({ ...confirmation, TopicArn: `${topic}2` })],
    ['with another address than was signed', () => ({ ...signed(confirmation), SubscribeURL: `${place}?x` })],
  ])('%s calls nobody', async (_name, message) => {
    const webhook = given()
    expectBadSignature(webhook, await webhook.post(message()), 'ses')
    expect(webhook.site.asked.filter((each) => each.startsWith('visit'))).toEqual([])
  })

  test.each([
    'https://evil.example/?Action=ConfirmSubscription&x',
    `${place}?Action=Publish&x`,
    `${place}../?Action=ConfirmSubscription&x`,
  ])('that asks for a call of %s makes none, whoever signed it', async (SubscribeURL) => {
    const { post, site } = given()
    expect((await post(signed({ ...confirmation, SubscribeURL }))).statusCode).toBe(200)
    expect(site.asked).toEqual([certUrl])
  })
})
