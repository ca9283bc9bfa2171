import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Stripe from 'stripe'
import { describe, expect, onTestFinished, test } from 'vitest'
import { epochMs, fromSeconds, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { recordedWebhook } from '#lib/testing/recorded-webhook.ts'
import { noPostback } from '#lib/webhooks/postback.ts'
import { canSign, signatureHeaders } from '#lib/webhooks/schemes/sign.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { verify } from '#lib/webhooks/verify.ts'

const real = new Secret('the-secret-of-production')
const own = new Secret(`whsec_${Buffer.from('a-secret-for-tests-alone').toString('base64')}`)
const recordedAt = epochMs(Date.UTC(2026, 0, 1))
const now = epochMs(Date.now())

function tapeFile(): string {
  const room = mkdtempSync(join(tmpdir(), 'sluice-hook-'))
  onTestFinished(() => rmSync(room, { recursive: true, force: true }))
  return join(room, 'hook.json')
}

const stripeDelivery = (data: unknown) => {
  const body = Buffer.from(JSON.stringify(data))
  const scheme = findProvider('stripe')?.webhooks?.scheme
  if (!scheme) throw new Error('no scheme')
  const signature = signatureHeaders(scheme, real, { body, now: recordedAt, id: '' })
  return {
    headers: {
      'Content-Type': 'application/json',
      Host: 'hooks.corp.test',
      'X-Forwarded-For': '1.2.3.4',
      'User-Agent': 'Stripe/1.0',
      ...signature,
    },
    body,
  }
}

describe('a recorded webhook', () => {
  test('is kept without its signature, its way here, credentials and people', () => {
    const file = tapeFile()
    const delivery = stripeDelivery({
      id: 'evt_1',
      type: 'charge.failed',
      data: { object: { receipt_email: 'ann@corp.test', client_secret: 'pi_1_secret_2' } },
    })
    recordedWebhook('stripe', { file }).record(delivery)
    const text = readFileSync(file, 'utf8')
    expect(text).not.toMatch(/v1=|stripe-signature|hooks\.corp|1\.2\.3\.4|ann@|pi_1_secret/)
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      provider: 'stripe',
      headers: { 'content-type': 'application/json', 'user-agent': 'Stripe/1.0' },
      body: { json: { id: 'evt_1', data: { object: { receipt_email: 'scrubbed-1@example.com' } } } },
    })
  })

  test("is signed anew with the test's secret and the time of the replay, as the provider's own package sees", () => {
    const file = tapeFile()
    const hook = recordedWebhook('stripe', { file })
    hook.record(stripeDelivery({ id: 'evt_1', object: 'event', type: 'charge.failed' }))
    const { headers, body } = hook.signed({ secret: own, now })
    const { webhooks } = new Stripe('sk_test_none')
    const text = Buffer.from(body).toString()
    const signature = headers['stripe-signature'] ?? ''
    expect(webhooks.constructEvent(text, signature, own.reveal())).toMatchObject({ id: 'evt_1' })
    expect(() => webhooks.constructEvent(text, signature, real.reveal())).toThrow(/signature/)
    expect(signature).toContain(`t=${toSeconds(now)},`)
    expect(headers).toMatchObject({ 'content-type': 'application/json' })
  })

  const signable = providers.filter(
    ({ id, webhooks }) => webhooks && (canSign(webhooks.scheme) || id === 'twilio'),
  )
  test.each(signable.map(({ id }) => id))('of %s passes the check of the gateway', async (provider) => {
    const declaration = findProvider(provider)?.webhooks
    if (!declaration) throw new Error('no webhooks')
    const file = tapeFile()
    const url = 'https://hooks.test/webhooks/x'
    const secret = declaration.scheme.kind === 'basic' ? new Secret('user:password') : own
    const form = provider === 'twilio'
    const body = Buffer.from(form ? 'From=x&Body=hello+there' : '{"id":"1"}')
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    const message = { body, now: recordedAt, id: 'msg_1', url, form: 'Bodyhello thereFromx' }
    const hook = recordedWebhook(provider, { file })
    const signed = signatureHeaders(declaration.scheme, secret, message)
    hook.record({ headers: { 'content-type': type, ...signed }, body })
    for (const value of Object.values(signed).filter((each) => each.length > 20))
      expect(readFileSync(file, 'utf8')).not.toContain(value)

    const again = hook.signed({ secret, now, url })
    const delivery = { body: again.body, header: (name: string) => again.headers[name.toLowerCase()], url }
    const at = { now, provider, site: noSite, postback: noPostback, roots: () => [] }
    expect(await verify(declaration.scheme, delivery, [secret], at)).toEqual({ kind: 'valid' })
  })

  test('keeps the id that was signed, also under the other names of the headers', () => {
    const file = tapeFile()
    const hook = recordedWebhook('standard-webhooks', { file })
    const body = Buffer.from('{}')
    hook.record({ headers: { 'svix-id': 'msg_7', 'svix-timestamp': '1', 'svix-signature': 'v1,x' }, body })
    const { headers } = hook.signed({ secret: own, now: fromSeconds(toSeconds(now)) })
    expect(headers).toMatchObject({ 'webhook-id': 'msg_7', 'webhook-timestamp': String(toSeconds(now)) })
    expect(Object.keys(headers).toSorted()).toEqual(['webhook-id', 'webhook-signature', 'webhook-timestamp'])
  })

  test('keeps bytes that are no text', () => {
    const file = tapeFile()
    const hook = recordedWebhook('hmac', { file })
    const provider = findProvider('github')
    expect(provider).toBeDefined()
    const github = recordedWebhook('github', { file })
    const body = new Uint8Array([0xff, 0, 0xfe])
    github.record({ headers: {}, body })
    expect(github.signed({ secret: own, now }).body).toEqual(body)
    expect(() => hook.signed({ secret: own, now })).toThrow('is no recorded webhook of hmac')
  })

  test('that may still hold a secret is not written', () => {
    const file = tapeFile()
    const body = new Uint8Array([0xff, ...Buffer.from('sk_live_abcdefgh')])
    const hook = recordedWebhook('github', { file })
    expect(() => hook.record({ headers: {}, body })).toThrow('/body/base64 (a credential)')
    expect(existsSync(file)).toBe(false)
  })

  test('that only its provider can sign is said to be so', () => {
    const file = tapeFile()
    const hook = recordedWebhook('ses', { file })
    hook.record({ headers: { 'content-type': 'text/plain' }, body: Buffer.from('{"Type":"Notification"}') })
    expect(() => hook.signed({ secret: own, now })).toThrow('only the provider itself can sign this')
    expect(() => recordedWebhook('distru', { file })).toThrow('no provider "distru" that sends webhooks')
    writeFileSync(file, 'x')
    expect(() => hook.signed({ secret: own, now })).toThrow('can not be read as a recording')
  })
})
