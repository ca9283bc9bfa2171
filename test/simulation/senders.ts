import { noPostback } from '#lib/webhooks/postback.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { createHmac } from 'node:crypto'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { webhookApp } from '#functions/webhook/app.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { eventId } from '#lib/buffer/envelope.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { ingest as limits } from '#lib/config/defaults.ts'
import { gatewayHandler, type GatewayHandler } from '#lib/http/gateway.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { ms, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { directoryOf, type Endpoint } from '#lib/webhooks/directory.ts'
import type { IngestDeps } from '#lib/webhooks/ingest.ts'
import { endpointOf, gatewayEvent } from '#test/fakes/given-webhook.ts'
import { simClient } from './client.ts'
import type { Accepted, Watch } from './invariants.ts'
import { sandbox, type Sandbox } from './sandbox.ts'
import { urls, type World } from './world.ts'

/** Tenants and endpoints whose names run together to the same text, so that a careless key would mix them up. */
const endpoints = [
  endpointOf('stripe', { id: 'bc', tenant: 'a' }),
  endpointOf('stripe', { id: 'c', tenant: 'ab' }),
  endpointOf('hmac', { id: 'raw', tenant: 'a' }),
  // Each of its deliveries is a batch.
  endpointOf('quickbooks', { id: 'books', tenant: 'ab' }),
]
const secret = 'a secret of the simulation'
const events = 40
const forgeries = 4
/** A provider gives up after this many deliveries without a 2xx. */
const maxDeliveries = 6
const providerTimeoutMs = 10_000

interface Planned {
  readonly provider: string
  readonly endpoint: string
  readonly tenant: string
  readonly deliveryKey: string
  readonly body: Buffer
  readonly id: string
  /** The events in it, when it is a batch. */
  readonly elements?: readonly Accepted[]
}

export function senders(world: World, seen: Watch, sent: Map<string, string>) {
  let open = 0
  let deliveries = 0
  let forged = 0

  const deliver = async (event: Planned, tries: number): Promise<void> => {
    deliveries += 1
    const { status } = await post(event, world, true)
    if (status >= 200 && status < 300) {
      seen.accepted({ ...event, sha256: sha256Hex(event.body) })
      for (const element of event.elements ?? []) seen.accepted(element)
      // Some providers send again what was taken.
      if (!world.faults.chance(0.25, 'a provider sends again')) return
    }
    if (tries >= maxDeliveries) return
    await world.clock.sleep(ms(1_000 + world.random.fraction() * 20_000 * tries))
    await deliver(event, tries + 1)
  }
  const forge = async (event: Planned): Promise<void> => {
    forged += 1
    const { status, calls } = await post(event, world, false)
    if (calls > 0) seen.report('I10', 'a forged webhook caused a call')
    if (status < 400) seen.report('I10', 'a forged webhook was taken')
  }
  const later = (task: () => Promise<void>): void => {
    open += 1
    world.clock.after(ms(world.random.fraction() * 180_000), () => void task().finally(() => (open -= 1)))
  }
  for (const event of plan(world)) {
    sent.set(event.id, sha256Hex(event.body))
    for (const element of event.elements ?? []) sent.set(element.id, element.sha256)
    if (event.elements)
      world.batches.set(
        event.id,
        event.elements.map(({ id }) => id),
      )
    later(() => deliver(event, 1))
    if (forged < forgeries && world.random.fraction() < 0.1) later(() => forge(event))
  }
  return { isDone: () => open === 0, deliveries: () => deliveries, forged: () => forged }
}

function plan(world: World): Planned[] {
  return Array.from({ length: events }, (_, i): Planned => {
    const endpoint = endpoints[i % endpoints.length] ?? endpointOf('hmac')
    if (endpoint.provider === 'quickbooks') return batchOf(endpoint, i)
    const isRaw = endpoint.provider === 'hmac'
    // Neighbours share their number, and so their key: two tenants may well use the same one.
    const number = Math.floor(i / endpoints.length)
    const body = isRaw ? rawBody(world) : jsonBody(number, endpoint.tenant, world)
    const deliveryKey = isRaw ? `sha256:${sha256Hex(body)}` : `evt_${number}`
    const { provider, tenant, id } = endpoint
    return { provider, endpoint: id, tenant, deliveryKey, body, id: eventId(tenant, id, deliveryKey) }
  })
}

/** Three events, one of which the neighbouring delivery brings too. */
function batchOf({ provider, tenant, id: endpoint }: Endpoint, i: number): Planned {
  const keys = [`book_${i}`, `book_${i}_b`, `book_${i + endpoints.length}`]
  const texts = keys.map((key) =>
    JSON.stringify({ id: key, type: 'qbo.invoice.updated.v1', intuitaccountid: '1' }),
  )
  const body = Buffer.from(`[${texts.join(', ')}]`)
  const deliveryKey = `sha256:${sha256Hex(body)}`
  const elements = keys.map((key, at): Accepted => ({
    id: eventId(tenant, endpoint, key),
    tenant,
    endpoint,
    deliveryKey: key,
    sha256: sha256Hex(texts[at] ?? ''),
  }))
  return {
    provider,
    endpoint,
    tenant,
    deliveryKey,
    body,
    id: eventId(tenant, endpoint, deliveryKey),
    elements,
  }
}

const rawBody = (world: World): Buffer =>
  Buffer.from(world.random.bytes(16 + Math.floor(world.random.fraction() * 400)))

function jsonBody(number: number, tenant: string, world: World): Buffer {
  const draw = world.random.fraction()
  const filler = draw < 0.01 ? limits.inlineLimitBytes : draw < 0.05 ? 40_000 : 100
  return Buffer.from(
    JSON.stringify({ id: `evt_${number}`, type: 'charge.succeeded', tenant, filler: 'x'.repeat(filler) }),
  )
}

/** One request, to a sandbox of the webhook function that may die in the middle: then the provider hears nothing. */
async function post(
  event: Planned,
  world: World,
  honest: boolean,
): Promise<{ status: number; calls: number }> {
  const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), 0)
  const moment = world.random.fraction() < 0.5 ? 'before' : 'after'
  if (world.faults.chance(0.04, 'the webhook function dies')) {
    box.dieAtCall(1 + Math.floor(world.random.fraction() * 3), moment)
  }
  const request = gatewayEvent({
    path: `/webhooks/${event.provider}/${event.endpoint}`,
    headers: sign(event, toSeconds(world.clock.now()), honest ? secret : 'a guess'),
    body: event.body,
  })
  const answer = handlerOf(
    box,
    world,
  )(request).then(async (result) => {
    await box.awake()
    return result
  })
  const gaveUp = world.clock
    .sleep(ms(providerTimeoutMs))
    .then((): APIGatewayProxyStructuredResultV2 => ({ statusCode: 0 }))
  const { statusCode = 0 } = await Promise.race([answer, gaveUp])
  return { status: statusCode, calls: box.calls }
}

function sign(event: Planned, timestamp: number, key: string): Record<string, string> {
  const hmac = createHmac('sha256', key)
  if (event.provider === 'hmac') return { 'x-signature': hmac.update(event.body).digest('hex') }
  if (event.provider === 'quickbooks') {
    return {
      'intuit-signature': hmac.update(event.body).digest('base64'),
      'content-type': 'application/json',
    }
  }
  const digest = hmac.update(`${timestamp}.`).update(event.body).digest('hex')
  return { 'stripe-signature': `t=${timestamp},v1=${digest}`, 'content-type': 'application/json' }
}

/** As `functions/webhook/compose.ts` puts it together, over the models. There is no DynamoDB to call. */
function handlerOf(box: Sandbox, world: World): GatewayHandler {
  const client = (service: 'sqs' | 's3') =>
    simClient({ service, model: world[service], maxAttempts: 1, requestTimeoutMs: 800 }, box, world) as never
  const deps: IngestDeps = {
    clock: box.clock,
    random: box.random,
    log: silentLog,
    refusals: silentLog,
    metrics: { count: () => {}, measure: () => {} },
    directory: directoryOf(endpoints),
    declaration: (provider) => findProvider(provider)?.webhooks,
    site: noSite,
    postback: noPostback,
    roots: () => [],
    secrets: { of: async () => ({ kind: 'loaded', secrets: [new Secret(secret)] }) },
    buffer: sqsBuffer({ client: client('sqs'), queueUrl: urls.events }),
    objects: s3Objects({ open: async () => ({ client: client('s3'), sdk: s3Sdk }), bucket: 'bucket' }),
  }
  return gatewayHandler(webhookApp(world.mutant.ingest?.(deps) ?? deps).fetch)
}
