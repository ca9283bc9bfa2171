import { createHmac } from 'node:crypto'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { webhookApp } from '#functions/webhook/app.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { ms, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import type { WebhookDeclaration } from '#lib/providers/provider.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { directoryOf } from '#lib/webhooks/directory.ts'
import { noPostback } from '#lib/webhooks/postback.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { gatewayEvent } from '#test/fakes/given-webhook.ts'
import { simClient } from '../client.ts'
import { sandbox } from '../sandbox.ts'
import type { Change } from './history.ts'
import { urls, type SimStream, type SyncWorld } from './world.ts'

const secret = 'a secret of the simulation'
const maxDeliveries = 5
const providerTimeoutMs = 10_000

/** All simulated providers sign as one that is known does. */
export const webhooksOf = (_provider: string): WebhookDeclaration | undefined =>
  findProvider('stripe')?.webhooks

/** What the provider did with the webhooks of its changes. */
export interface Sent {
  readonly dropped: ReadonlySet<string>
  readonly doubled: number
  readonly deliveries: number
  isDone(): boolean
}

/** A fifth of the webhooks never leave, a fifth leave twice; the others come now, later, or much later, in any order. */
export function startWebhooks(world: SyncWorld): Sent {
  const { clock, random } = world
  const dropped = new Set<string>()
  const startedAt = clock.now()
  let open = 0
  const counts = { doubled: 0, deliveries: 0 }

  const deliver = async (stream: SimStream, change: Change): Promise<void> => {
    for (let tries = 1; tries <= maxDeliveries; tries += 1) {
      counts.deliveries += 1
      const status = await post(stream, change, world)
      if (status >= 200 && status < 300) return
      await clock.sleep(ms(1_000 + random.fraction() * 15_000 * tries))
    }
  }
  const leave = (stream: SimStream, change: Change): void => {
    open += 1
    const after = change.happensAt - startedAt + delayOf(random.fraction(), random.fraction())
    clock.after(ms(after), () => void deliver(stream, change).finally(() => (open -= 1)))
  }
  for (const stream of world.streams.filter(({ hasWebhooks }) => hasWebhooks))
    for (const change of stream.history) {
      const draw = random.fraction()
      if (draw < 0.2) {
        dropped.add(change.id)
        continue
      }
      leave(stream, change)
      if (draw >= 0.4) continue
      counts.doubled += 1
      leave(stream, change)
    }
  return {
    dropped,
    get doubled() {
      return counts.doubled
    },
    get deliveries() {
      return counts.deliveries
    },
    isDone: () => open === 0,
  }
}

/** Milliseconds: half at once, most within minutes, a few after the grace time. */
function delayOf(draw: number, share: number): number {
  if (draw < 0.5) return share * 3_000
  if (draw < 0.8) return share * 90_000
  if (draw < 0.96) return share * 420_000
  return 780_000 + share * 120_000
}

/** One request, to a sandbox of the webhook function that may die in the middle: then the provider hears nothing. */
async function post({ provider, endpoint }: SimStream, change: Change, world: SyncWorld): Promise<number> {
  const { clock, random, faults } = world
  const box = sandbox(clock, Math.floor(random.fraction() * 2 ** 32), 0)
  if (faults.chance(0.04, 'the webhook function dies'))
    box.dieAtCall(1 + Math.floor(random.fraction() * 3), random.fraction() < 0.5 ? 'before' : 'after')
  const client = (service: 'sqs' | 's3') =>
    simClient(
      { service, model: world[service], maxAttempts: 1, requestTimeoutMs: 800 },
      box,
      world.asWorld,
    ) as never
  const handler = gatewayHandler(
    webhookApp({
      clock: box.clock,
      random: box.random,
      log: silentLog,
      refusals: silentLog,
      metrics: { count: () => {}, measure: () => {} },
      directory: directoryOf(world.endpoints),
      declaration: webhooksOf,
      site: noSite,
      postback: noPostback,
      roots: () => [],
      secrets: { of: async () => ({ kind: 'loaded', secrets: [new Secret(secret)] }) },
      buffer: sqsBuffer({ client: client('sqs'), queueUrl: urls.events }),
      objects: s3Objects({ open: async () => ({ client: client('s3'), sdk: s3Sdk }), bucket: 'bucket' }),
    }).fetch,
  )
  // A webhook words the same fact differently than a list does.
  const body = Buffer.from(`${change.text.slice(0, -1)},"by":"webhook"}`)
  const timestamp = toSeconds(clock.now())
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
  const request = gatewayEvent({
    path: `/webhooks/${provider}/${endpoint}`,
    headers: { 'stripe-signature': `t=${timestamp},v1=${digest}`, 'content-type': 'application/json' },
    body,
  })
  const answer = handler(request).then(async (result) => {
    await box.awake()
    return result
  })
  const gaveUp = clock
    .sleep(ms(providerTimeoutMs))
    .then((): APIGatewayProxyStructuredResultV2 => ({ statusCode: 0 }))
  return (await Promise.race([answer, gaveUp])).statusCode ?? 0
}
