import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { verifySlackRequest } from '@slack/bolt'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { seededTime, signedHeaders, webhookAt } from '#cli/send/webhook.ts'
import { signatureHeaders } from '#cli/sign.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import type { HmacScheme } from '#lib/providers/scheme.ts'
import { noPostback } from '#lib/webhooks/postback.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { canSign } from '#lib/webhooks/schemes/sign.ts'
import { verify } from '#lib/webhooks/verify.ts'

const now = epochMs(Date.now())
const text = 'an-invented-signing-secret'
const base64 = `whsec_${Buffer.from('an-invented-signing-secret').toString('base64')}`

function endpointOf(provider: string) {
  const [endpoint] = parseConfig({ endpoints: [{ provider, publicUrl: 'https://hooks.test' }] }).endpoints
  if (!endpoint) throw new Error('no endpoint')
  return endpoint
}

function signed(provider: string, secret: string, type?: string) {
  const declaration = findProvider(provider)?.webhooks
  if (!declaration) throw new Error(`no provider ${provider}`)
  const endpoint = endpointOf(provider)
  const webhook = webhookAt({ endpoint, seed: 7, at: seededTime, ...(type && { type }) }, 0)
  const headers = signedHeaders(webhook, declaration.scheme, new Secret(secret), now)
  return { body: Buffer.from(webhook.body).toString('utf8'), headers, scheme: declaration.scheme }
}

const header = (headers: Record<string, string>, name: string): string => headers[name] ?? ''

describe('what is sent for a provider passes the check of its own package', () => {
  test('Stripe', () => {
    const { body, headers } = signed('stripe', text)
    const stripe = new Stripe('sk_test_none')

    const event = stripe.webhooks.constructEvent(body, header(headers, 'stripe-signature'), text)

    expect(event.type).toBe('payment_intent.succeeded')
    expect(event.object).toBe('event')
    expect(() =>
      stripe.webhooks.constructEvent(`${body} `, header(headers, 'stripe-signature'), text),
    ).toThrow(/signature/)
  })

  test('GitHub', async () => {
    const { body, headers } = signed('github', text, 'pull_request.opened')
    const signature = header(headers, 'x-hub-signature-256')

    expect(await verifyGithub(text, body, signature)).toBe(true)
    expect(await verifyGithub(text, `${body} `, signature)).toBe(false)
    expect(headers).toMatchObject({ 'x-github-event': 'pull_request' })
    expect(JSON.parse(body)).toMatchObject({ action: 'opened', pull_request: { state: 'open' } })
  })

  test('Slack', () => {
    const { body, headers } = signed('slack', text)
    const request = (sent: string) => ({
      signingSecret: text,
      body: sent,
      headers: {
        'x-slack-signature': header(headers, 'x-slack-signature'),
        'x-slack-request-timestamp': Number(header(headers, 'x-slack-request-timestamp')),
      },
    })

    expect(() => verifySlackRequest(request(body))).not.toThrow()
    expect(() => verifySlackRequest(request(`${body} `))).toThrow(/mismatch/)
  })

  test('Standard Webhooks', () => {
    const { body, headers } = signed('standard-webhooks', base64)
    const webhook = new Webhook(base64)

    expect(webhook.verify(body, headers)).toMatchObject({ type: 'invoice.paid' })
    expect(() => webhook.verify(`${body} `, headers)).toThrow(/signature/)
  })
})

const signable = providers.filter(({ webhooks }) => webhooks && canSign(webhooks.scheme)).map(({ id }) => id)

test.each(signable)('what is sent for %s passes the check of Sluice', async (provider) => {
  const own: Record<string, string> = { 'standard-webhooks': base64, mixpanel: `user:${text}` }
  const secret = new Secret(own[provider] ?? text)
  const { body, headers, scheme } = signed(provider, secret.reveal())
  const delivery = { body: Buffer.from(body), header: (name: string) => headers[name] }

  expect(await verify(scheme, delivery, [secret], at)).toEqual({ kind: 'valid' })
  const other = new Secret(
    provider === 'standard-webhooks' ? `${base64.slice(0, -4)}AAAA` : `${own[provider] ?? text}x`,
  )
  expect(await verify(scheme, delivery, [other], at)).toEqual({
    kind: 'refused',
    reason: 'signature_mismatch',
  })
})

test('what only a provider can sign is refused in so many words', () => {
  expect(() => signed('sendgrid', text)).toThrow('only the provider itself can sign this')
})

const at = { now, site: noSite, roots: () => [], postback: noPostback, provider: 'test' }

const digests = ['hex', 'base64', 'base64url'] as const
const formats = [
  { kind: 'plain' },
  { kind: 'plain', prefix: 'sig=' },
  { kind: 'pairs', separator: ';', key: 's' },
  { kind: 'list', separator: ' ', prefix: 'v2,' },
] as const
const times = [undefined, { header: 'x-time', unit: 's' }, { header: 'x-time', unit: 'ms' }] as const
const schemes = (['sha1', 'sha256', 'sha512'] as const).flatMap((algorithm) =>
  digests.flatMap((encoding) =>
    formats.flatMap((format) =>
      times.map((timestamp): HmacScheme => ({
        kind: 'hmac',
        algorithm,
        key: { encoding: 'utf8' },
        signature: { header: 'x-signature', encoding, format },
        id: { header: 'x-id' },
        signed: [...(timestamp ? ['{timestamp}'] : []), '/', '{id}', ':', '{body}', '!'],
        ...(timestamp && { timestamp }),
      })),
    ),
  ),
)

test('whatever a config can say of a scheme, what is signed by it verifies by it', () => {
  const body = Buffer.from([0xff, 0, 0x7b])
  const secret = new Secret(text)
  for (const scheme of schemes) {
    const headers: Record<string, string> = signatureHeaders(scheme, secret, { body, now, id: 'msg_1' })
    const delivery = { body, header: (name: string) => headers[name] }
    expect(verify(scheme, delivery, [secret], at), JSON.stringify(scheme)).toEqual({ kind: 'valid' })
  }
  expect(schemes).toHaveLength(108)
})

test('a secret that can not be a key of the scheme is refused without being shown', () => {
  const scheme = { ...schemes[0], key: { encoding: 'base64' } } as HmacScheme
  const sign = () =>
    signatureHeaders(scheme, new Secret('not base64!'), { body: Buffer.from(''), now, id: '' })

  expect(sign).toThrow(expect.objectContaining({ code: 'unusable_secret' }))
  expect(sign).not.toThrow(/not base64!/)
})

describe('a seed', () => {
  const recipe = { endpoint: endpointOf('stripe'), seed: 7, at: seededTime }
  const bytes = (index: number, change = {}) =>
    Buffer.from(webhookAt({ ...recipe, ...change }, index).body).toString('utf8')

  test.each(providers.filter(({ webhooks }) => webhooks).map(({ id }) => id))(
    'makes the webhooks of %s equal, byte for byte',
    (provider) => {
      const own = { ...recipe, endpoint: endpointOf(provider) }

      expect(webhookAt(own, 3)).toEqual(webhookAt(own, 3))
      expect(webhookAt(own, 3)).not.toEqual(webhookAt(own, 4))
    },
  )

  test('gives each event of a run, each type and each other seed an id of its own', () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => (JSON.parse(bytes(index)) as { id: string }).id)

    expect(new Set(ids).size).toBe(2_000)
    expect(bytes(0, { seed: 8 })).not.toContain(ids[0])
    expect(bytes(0, { type: 'charge.refunded' })).not.toContain(ids[0])
  })

  test('gives these very bytes: a change here makes old runs unrepeatable', () => {
    expect((JSON.parse(bytes(0)) as { id: string }).id).toMatchInlineSnapshot(
      `"evt_ROEGE8fyvA9X9T1wU44P6KGf"`,
    )
  })
})

test('a type without a form of its own still tells of the object it names', () => {
  const { body } = signed('stripe', text, 'payout.paid')

  expect(JSON.parse(body)).toMatchObject({ type: 'payout.paid', data: { object: { object: 'payout' } } })
})
