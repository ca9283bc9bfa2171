import { noPostback } from '#lib/webhooks/postback.ts'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { verify } from '#lib/webhooks/verify.ts'
import { siteOf } from '#test/fakes/sender-site.ts'

const runs = 10_000
const topic = 'arn:aws:sns:eu-west-1:123456789012:feedback'
const place = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem'
const certs = 'https://api.paypal.com/v1/notifications/certs/CERT-1'

const texts = (...likely: readonly string[]) =>
  fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...likely), fc.base64String())
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] })

/** Requests that look right in any of their parts, to a sender whose keys are one the sender does not have. */
const senders = {
  ses: {
    secret: topic,
    allowed: /^https:\/\/sns\.eu-west-1\.amazonaws\.com\/SimpleNotificationService-[0-9A-Za-z]+\.pem$/,
    headers: fc.constant({}),
    body: some({
      Type: texts('Notification', 'SubscriptionConfirmation', '__proto__'),
      MessageId: texts('m'),
      TopicArn: texts(topic),
      Message: texts('{}'),
      Timestamp: texts('2026-05-28T20:26:40Z'),
      Subject: fc.oneof(texts('s'), fc.constant(null)),
      Token: texts('t'),
      SubscribeURL: texts(place),
      SignatureVersion: texts('1', '2'),
      Signature: texts('AAAA'),
      SigningCertURL: fc.oneof(texts(place), fc.webUrl()),
    }),
  },
  paypal: {
    secret: 'id',
    allowed: /^https:\/\/api(-m)?(\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[\w-]+$/,
    headers: some({
      'paypal-transmission-id': texts('i'),
      'paypal-transmission-time': texts('2026-05-28T20:26:40Z'),
      'paypal-transmission-sig': texts('AAAA'),
      'paypal-auth-algo': texts('SHA256withRSA'),
      'paypal-cert-url': fc.oneof(texts(certs, `${certs}/../x`), fc.webUrl()),
    }),
    body: fc.jsonValue(),
  },
  gmail: {
    secret: 'https://a.example b@example.com',
    allowed: /^https:\/\/www\.googleapis\.com\/oauth2\/v3\/certs$/,
    headers: some({
      authorization: texts('Bearer a.b.c', 'Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AA'),
    }),
    body: fc.jsonValue(),
  },
} as const

describe.each(Object.entries(senders))('%s', (id, { secret, allowed, headers, body }) => {
  test(`of ${runs} requests nobody signed none throws, none is accepted, and none asks anyone but the sender`, async () => {
    const site = siteOf({ [place]: 'no certificate', [certs]: '' })
    const scheme = findProvider(id)?.webhooks?.scheme
    if (!scheme) throw new Error(`${id} has no scheme`)
    const at = {
      now: epochMs(1_780_000_000_000),
      site,
      roots: () => [],
      postback: noPostback,
      provider: 'test',
    }
    await fc.assert(
      fc.asyncProperty(
        headers,
        fc.oneof(body, fc.jsonValue()),
        async (given: Record<string, unknown>, sent) => {
          const delivery = {
            header: (name: string) => given[name] as string | undefined,
            body: Buffer.from(JSON.stringify(sent)),
          }
          expect((await verify(scheme, delivery, [new Secret(secret)], at)).kind).not.toBe('valid')
        },
      ),
      { numRuns: runs },
    )
    expect(site.asked.filter((url) => !allowed.test(url))).toEqual([])
  })
})
