import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { webhookApp } from '#functions/webhook/app.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { decodeEnvelope, type Envelope } from '#lib/buffer/envelope.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { formatLine, type Log } from '#lib/telemetry/log.ts'
import type { Metrics } from '#lib/telemetry/metrics.ts'
import { sampledLog } from '#lib/telemetry/sampled-log.ts'
import { directoryOf, type Endpoint } from '#lib/webhooks/directory.ts'
import { noPostback, type Postback } from '#lib/webhooks/postback.ts'
import { noSite, type SenderSite } from '#lib/webhooks/sender-site.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

export interface AwsCall {
  readonly service: 'sqs' | 's3'
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** How the fake AWS answers a call: nothing to succeed, an error to fail, a promise to hang. */
export type Answer = (call: AwsCall) => unknown

export interface GivenWebhook {
  readonly clock: VirtualClock
  readonly calls: AwsCall[]
  readonly lines: string[]
  readonly counted: string[]
  /** Sends one gateway event through the real handler and waits for its answer. */
  send(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2>
  /** The envelopes that the queue holds. */
  queued(): Envelope[]
}

/** The webhook function with everything real but AWS, which answers as told and keeps count. */
export function givenWebhook(options: {
  readonly endpoints: readonly Endpoint[]
  /** By endpoint id; an endpoint without any has none. */
  readonly secrets: Readonly<Record<string, readonly string[]>>
  readonly answer?: Answer
  readonly clock?: VirtualClock
  readonly metrics?: Metrics
  readonly site?: SenderSite
  readonly postback?: Postback
  /** Certificates, PEM, at which a sender's chain may end. */
  readonly roots?: readonly string[]
  readonly secretsUnavailable?: boolean
  /** The first load of the secrets never ends. */
  readonly secretsHang?: boolean
}): GivenWebhook {
  const clock = options.clock ?? virtualClock()
  const calls: AwsCall[] = []
  const lines: string[] = []
  const counted: string[] = []
  const client = (service: AwsCall['service']) => ({
    send: async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
      const call = { service, operation: command.constructor.name, input: command.input as AwsCall['input'] }
      calls.push(call)
      return (await options.answer?.(call)) ?? {}
    },
  })
  const log: Log = (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-'))
  const secrets = new Map(
    Object.entries(options.secrets).map(([id, texts]) => [id, texts.map((text) => new Secret(text))]),
  )
  const app = webhookApp({
    clock,
    random: seededRandom(1),
    log,
    refusals: sampledLog(log, clock, 1_000),
    metrics: options.metrics ?? { count: (name) => void counted.push(name), measure: () => {} },
    directory: directoryOf(options.endpoints),
    declaration: (provider) => findProvider(provider)?.webhooks,
    site: options.site ?? noSite,
    postback: options.postback ?? noPostback,
    roots: () => options.roots ?? [],
    secrets: {
      of: async ({ id }) => {
        if (options.secretsHang) await new Promise(() => {})
        return options.secretsUnavailable
          ? { kind: 'unavailable' }
          : { kind: 'loaded', secrets: secrets.get(id) ?? [] }
      },
    },
    buffer: sqsBuffer({ client: client('sqs') as never, queueUrl: 'https://queue/events' }),
    objects: s3Objects({
      open: async () => ({ client: client('s3') as never, sdk: s3Sdk }),
      bucket: 'bucket',
    }),
  })
  const handler = gatewayHandler(app.fetch)
  return {
    clock,
    calls,
    lines,
    counted,
    send: handler,
    queued: () =>
      calls
        .filter(({ operation }) => operation === 'SendMessageCommand')
        .map(({ input }) => decodeEnvelope(String(input['MessageBody']))),
  }
}

/** An event as an HTTP API sends it. */
export function gatewayEvent(parts: {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Uint8Array | string
  readonly isBase64Encoded?: boolean
  readonly query?: string
}): APIGatewayProxyEventV2 {
  const { path, method = 'POST', headers = {}, body, query = '' } = parts
  const isBase64Encoded = parts.isBase64Encoded ?? typeof body !== 'string'
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: { ...headers },
    isBase64Encoded: body !== undefined && isBase64Encoded,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : Buffer.from(body).toString('base64'),
    }),
    requestContext: {
      accountId: '-',
      apiId: '-',
      domainName: 'gateway.test',
      domainPrefix: '-',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '-' },
      requestId: 'request-1',
      routeKey: '$default',
      stage: '$default',
      time: '-',
      timeEpoch: 0,
    },
  }
}

export const endpointOf = (provider: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id: provider,
  provider,
  tenant: 'default',
  secretName: `${provider.toUpperCase()}_WEBHOOK_SECRET`,
  maxBodyBytes: 4_194_304,
  ...more,
})
