import { silentMetrics } from '#lib/telemetry/metrics.ts'
import { noPostback } from '#lib/webhooks/postback.ts'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { webhookApp } from '#functions/webhook/app.ts'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { epochMs, later, ms, type Clock, type EpochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { directoryOf } from '#lib/webhooks/directory.ts'
import { kitRoots, kitSite } from './authority.ts'

/** When the kit's time stands still. */
export const noon = epochMs(1_780_000_000_000)

/** What a stand-in sender sends to an endpoint. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** What follows the `?` of the address. */
  readonly query?: string
  /** As the gateway hands it over: text where it takes it for text, else base64. */
  readonly as?: 'text' | 'base64'
  /** After {@link noon}. */
  readonly laterMs?: number
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** What was stored because of this request. */
  readonly stored: readonly Envelope[]
}

/** The real webhook function of one provider, its store in memory and its clock at {@link noon}. */
export function standOf(
  provider: Provider,
  configured: readonly string[],
): (request: Request) => Promise<Answer> {
  const secrets = configured.map((text) => new Secret(text))
  return async (request) => {
    const stored: Envelope[] = []
    const handler = gatewayHandler(
      appOf(provider, secrets, later(noon, ms(request.laterMs ?? 0)), stored).fetch,
    )
    const answer = await handler(eventOf(provider.id, request))
    return {
      status: answer.statusCode ?? 0,
      contentType: String(answer.headers?.['content-type'] ?? ''),
      body: answer.body ?? '',
      stored,
    }
  }
}

const publicUrl = 'https://hooks.example.com'
const quiet = (): void => {}

function appOf(provider: Provider, secrets: readonly Secret[], now: EpochMs, stored: Envelope[]) {
  return webhookApp({
    clock: stoppedAt(now),
    random: seededRandom(1),
    log: quiet,
    refusals: quiet,
    metrics: silentMetrics,
    declaration: (id) => (id === provider.id ? provider.webhooks : undefined),
    site: kitSite,
    postback: noPostback,
    roots: () => kitRoots,
    directory: directoryOf([
      {
        id: provider.id,
        provider: provider.id,
        tenant: 'default',
        secretName: 'KIT',
        publicUrl,
        maxBodyBytes: 1_048_576,
      },
    ]),
    secrets: { of: async () => ({ kind: 'loaded', secrets }) },
    buffer: { send: async (envelope) => void stored.push(envelope), sendText: async () => {} },
    objects: {
      put: async () => {},
      get: async () => undefined,
      delete: async () => {},
      list: async () => [],
    },
  })
}

/** Time that nobody waits for: what has a deadline never meets it. */
const stoppedAt = (now: EpochMs): Clock => ({
  now: () => now,
  sleep: () => Promise.resolve(),
  after: () => () => {},
  every: () => () => {},
})

/** The address as the provider's stand-in knows it. */
export const addressOf = (provider: string): string => `${publicUrl}/webhooks/${provider}`

function eventOf(
  provider: string,
  { headers, body, query = '', as = 'text' }: Request,
): APIGatewayProxyEventV2 {
  const path = `/webhooks/${provider}`
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: { 'content-type': 'application/json', ...headers },
    isBase64Encoded: as === 'base64',
    body: Buffer.from(body).toString(as === 'base64' ? 'base64' : 'utf8'),
    requestContext: {
      accountId: '-',
      apiId: '-',
      domainName: 'hooks.example.com',
      domainPrefix: '-',
      http: { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '-' },
      requestId: 'kit',
      routeKey: '$default',
      stage: '$default',
      time: '-',
      timeEpoch: 0,
    },
  }
}
