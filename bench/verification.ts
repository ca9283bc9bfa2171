import { createHmac, generateKeyPairSync, sign, timingSafeEqual } from 'node:crypto'
import { verify as octokitVerify } from '@octokit/webhooks-methods'
import { EventWebhook } from '@sendgrid/eventwebhook'
import { Webhook } from 'standardwebhooks'
import { isValidSlackRequest } from '@slack/bolt'
import Stripe from 'stripe'
import twilio from 'twilio'
import { epochMs, toSeconds, type EpochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { github } from '#lib/providers/github.ts'
import { hmacSchemeOf } from '#test/fakes/hmac-scheme.ts'
import { sendgrid } from '#lib/providers/sendgrid.ts'
import { slack } from '#lib/providers/slack.ts'
import { stripe } from '#lib/providers/stripe.ts'
import { twilio as twilioProvider } from '#lib/providers/twilio.ts'
import { verifyHmac } from '#lib/webhooks/schemes/hmac-verify.ts'
import { verifyEcdsa } from '#lib/webhooks/schemes/public-key.ts'
import type { HmacScheme } from '#lib/providers/scheme.ts'
import { interleaved, type Case } from './measure.ts'
import { fixed, table } from './table.ts'

const sizes = [
  { name: '1 KB', bytes: 1_024 },
  { name: '100 KB', bytes: 102_400 },
  { name: '1 MB', bytes: 1_048_576 },
] as const

/** How fast each signature check is against the bare primitive and against the provider's own package. */
export async function benchVerification(): Promise<string> {
  const rows: string[][] = []
  for (const { name, bytes } of sizes) {
    const body = JSON.stringify({ id: 'evt_bench', filler: 'x'.repeat(bytes - 32) })
    const timings = await interleaved(cases(body), { rounds: 9, sliceMs: 40 })
    for (const { name: check, microsPerRun, speed } of timings) {
      rows.push([`${name.padEnd(6)}  ${check}`, fixed(microsPerRun), fixed(speed)])
    }
  }
  return table(['signature check', 'us', 'speed, raw = 1'], rows)
}

function cases(text: string): Case[] {
  const body = Buffer.from(text)
  const now = epochMs(Date.now())
  const time = String(toSeconds(now))
  const secret = 'a-secret-of-a-bench'
  const digest = createHmac('sha256', secret).update(body).digest('hex')
  const check = (scheme: HmacScheme, key: string, headers: Record<string, string>) => {
    const secrets = [new Secret(key)]
    const delivery = { header: (header: string) => headers[header], body }
    return () => must(verifyHmac(scheme, delivery, secrets, now).kind === 'valid')
  }
  const stripeSdk = new Stripe('sk_test_bench')
  const stripeHeader = stripeSdk.webhooks.generateTestHeaderString({ payload: text, secret })
  const standard = `whsec_${Buffer.from(secret).toString('base64')}`
  const webhook = new Webhook(standard)
  const standardHeaders = {
    'webhook-id': 'msg_bench',
    'webhook-timestamp': time,
    'webhook-signature': webhook.sign('msg_bench', new Date(now), text),
  }
  return [
    {
      name: 'raw createHmac + timingSafeEqual',
      run: () => {
        const own = createHmac('sha256', secret).update(body).digest()
        must(timingSafeEqual(own, Buffer.from(digest, 'hex')))
      },
    },
    {
      name: 'sluice github',
      run: check(github.webhooks.scheme, secret, { 'x-hub-signature-256': `sha256=${digest}` }),
    },
    { name: '@octokit/webhooks-methods', run: () => octokitVerify(secret, text, `sha256=${digest}`) },
    {
      name: 'sluice stripe',
      run: check(stripe.webhooks.scheme, secret, { 'stripe-signature': stripeHeader }),
    },
    {
      name: 'stripe (verifyHeader)',
      run: () => stripeSdk.webhooks.signature?.verifyHeader(body, stripeHeader, secret, 300),
    },
    {
      name: 'sluice standard-webhooks',
      run: check(hmacSchemeOf('standard-webhooks'), standard, standardHeaders),
    },
    { name: 'standardwebhooks', run: () => webhook.verify(text, standardHeaders) },
    ...slackCases(text, time, now),
    ...twilioCases(text, now),
    ...publicKeyCases(body, now),
  ]
}

function slackCases(text: string, time: string, now: EpochMs): Case[] {
  const signingSecret = 'a-secret-of-a-bench'
  const digest = createHmac('sha256', signingSecret).update(`v0:${time}:${text}`).digest('hex')
  const headers = { 'x-slack-request-timestamp': time, 'x-slack-signature': `v0=${digest}` } as const
  const delivery = {
    header: (name: string) => (headers as Readonly<Record<string, string>>)[name],
    body: Buffer.from(text),
  }
  const secrets = [new Secret(signingSecret)]
  const request = {
    signingSecret,
    body: text,
    headers: { ...headers, 'x-slack-request-timestamp': Number(time) },
    nowMilliseconds: now,
  }
  return [
    {
      name: 'sluice slack',
      run: () => must(verifyHmac(slack.webhooks.scheme, delivery, secrets, now).kind === 'valid'),
    },
    { name: '@slack/bolt', run: () => must(isValidSlackRequest(request)) },
  ]
}

/** A form, as Twilio sends it, with one field of the wanted size. */
function twilioCases(text: string, now: EpochMs): Case[] {
  const token = 'a-secret-of-a-bench'
  const url = 'https://hooks.example.com/webhooks/twilio'
  const fields = { AccountSid: 'AC1', Body: text, MessageSid: 'SM1', MessageStatus: 'delivered' }
  const signature = twilio.getExpectedTwilioSignature(token, url, fields)
  const headers: Readonly<Record<string, string>> = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': signature,
  }
  const body = Buffer.from(new URLSearchParams(fields).toString())
  const delivery = { header: (name: string) => headers[name], body, url }
  const secrets = [new Secret(token)]
  const { scheme } = twilioProvider.webhooks
  return [
    {
      name: 'sluice twilio',
      run: () => must(verifyHmac(scheme, delivery, secrets, now).kind === 'valid'),
    },
    {
      name: 'twilio (with the form read)',
      run: () => {
        const read = Object.fromEntries(new URLSearchParams(body.toString('utf8')))
        must(twilio.validateRequest(token, signature, url, read))
      },
    },
  ]
}

/** A public key costs many times an HMAC: compare these two with each other. */
function publicKeyCases(body: Buffer, now: EpochMs): Case[] {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const time = String(toSeconds(now))
  const signature = sign('sha256', Buffer.concat([Buffer.from(time), body]), privateKey).toString('base64')
  const { scheme } = sendgrid.webhooks
  const headers = new Map<string, string>([
    [scheme.signature.header, signature],
    [scheme.timestamp.header, time],
  ])
  const delivery = { header: (name: string) => headers.get(name), body }
  const secrets = [new Secret(key)]
  const sdk = new EventWebhook()
  const sdkKey = sdk.convertPublicKeyToECDSA(key)
  return [
    {
      name: 'sluice sendgrid',
      run: () => must(verifyEcdsa(scheme, delivery, secrets, now).kind === 'valid'),
    },
    {
      name: '@sendgrid/eventwebhook',
      run: () => must(sdk.verifySignature(sdkKey, body, signature, time)),
    },
  ]
}

function must(valid: boolean): void {
  if (!valid) throw new Error('a valid signature was refused: the bench measures nothing')
}
