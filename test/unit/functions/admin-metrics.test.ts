import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startServices, type Services } from '#infra/local/services/start-services.ts'
import { metricsAnswer, type MetricsAnswer } from '#lib/admin/schemas-metrics.ts'
import { minutes, type Clock } from '#lib/primitives/clock.ts'
import { cloudwatchReader } from '#lib/telemetry/metric-reader.cloudwatch.ts'
import type { MetricReader } from '#lib/telemetry/metric-reader.ts'
import { emfMetrics, type BufferedMetrics } from '#lib/telemetry/metrics.ts'
import { givenAdmin, type GivenAdmin } from '#test/fakes/given-admin.ts'
import { givenIssuer, signingKey } from '#test/fakes/issuer.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'
import { virtualClock, type VirtualClock } from '#test/fakes/virtual-clock.ts'

let tables: Tables
let services: Services
let clock: VirtualClock
let given: GivenAdmin
let reader: MetricReader
let reads = 0
/** What functions note, as their logs reach CloudWatch. */
let metrics: BufferedMetrics
let stage = 0

beforeAll(async () => {
  tables = await startTables()
  services = await startServices()
})
afterAll(async () => {
  await Promise.all([tables.close(), services.close()])
})
beforeEach(async () => {
  clock = virtualClock()
  reads = 0
  stage += 1
  reader = readerOf(services.endpoints.cloudwatch)
  given = await adminWith(reader)
  metrics = emfMetrics({ write: noteLine, now: () => clock.now(), stage: `s${stage}` })
})

const noteLine = (line: string): void => services.note(line)

function readerOf(endpoint: string): MetricReader {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new CloudWatchClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 })
  const inner = cloudwatchReader({ client, stage: `s${stage}` })
  return {
    read: (...wanted) => {
      reads += 1
      return inner.read(...wanted)
    },
  }
}

const adminWith = (metricReader: MetricReader, own: Clock = clock): Promise<GivenAdmin> =>
  givenAdmin(tables, { clock: own, changes: { metricReader } })

async function ask(query = ''): Promise<MetricsAnswer> {
  const response = await given.api(`/api/metrics${query}`)
  expect(response.status).toBe(200)
  return metricsAnswer.parse(await response.json())
}

/** Notes as one start of a function does. */
function note(work: (noted: BufferedMetrics) => void): void {
  work(metrics)
  metrics.flush()
}

describe('GET /api/metrics', () => {
  test('shows each provider with sums, exact percentiles and its steps', async () => {
    const provider = 'stripe'
    note((noted) => {
      noted.count('WebhookAccepted', { provider }, 7)
      noted.count('WebhookRejected', { provider }, 2)
      noted.count('CallMade', { provider }, 100)
      noted.count('CallFailed', { provider }, 1)
      noted.count('EventDone', { provider }, 6)
      for (let i = 1; i <= 100; i += 1) noted.measure('CallLatency', i, { provider })
    })
    await clock.advance(minutes(2))
    note((noted) => {
      noted.count('WebhookAccepted', { provider }, 3)
      noted.count('WebhookSpilled', { provider }, 1)
      noted.count('WebhookMissed', { provider }, 4)
      noted.measure('PollLag', 30_000, { provider })
      noted.measure('EventLatency', 500, { provider })
      noted.count('EventDone', { provider: 'github' })
    })

    const { items, stepSeconds, cursor } = await ask()
    expect([stepSeconds, cursor]).toEqual([60, null])
    expect(items.map((item) => item.provider)).toEqual(['github', 'stripe'])
    const [, stripe] = items
    expect(stripe).toMatchObject({
      breaker: 'closed',
      webhooks: { received: 11, rejected: 2, unavailable: 0, missed: 4, perSecond: 11 / 3_600 },
      events: { done: 6, p50Ms: 500, p95Ms: 500, p99Ms: 500 },
      calls: { made: 100, failed: 1, throttled: 0, errorRate: 0.01, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
      freshness: { lagMs: 30_000 },
    })
    expect(stripe?.points.map(({ received, calls, callP95Ms }) => [received, calls, callP95Ms])).toEqual([
      [7, 100, 95],
      [4, 0, null],
    ])
  })

  test('shows the window and the provider that were asked for, and of what is older that nothing is known', async () => {
    note((noted) => noted.count('EventDone', { provider: 'stripe' }, 5))
    await clock.advance(minutes(90))
    note((noted) => noted.count('EventDone', { provider: 'github' }, 1))

    const short = await ask()
    expect(short.items.map(({ provider, events, health }) => [provider, events.done, health.state])).toEqual([
      ['github', 1, 'unknown'],
      ['stripe', 0, 'unknown'],
    ])
    expect(short.items[1]?.points).toEqual([])
    const long = await ask('?window=6h')
    expect(long.items.map(({ provider, events }) => [provider, events.done])).toEqual([
      ['github', 1],
      ['stripe', 5],
    ])
    expect(long.stepSeconds).toBe(300)
    expect((await ask('?window=6h&provider=github')).items.map(({ provider }) => provider)).toEqual([
      'github',
    ])
    expect((await ask('?window=24h&step=3600')).stepSeconds).toBe(3_600)
  })

  test('shows nothing of another stage', async () => {
    const other = emfMetrics({ write: noteLine, now: () => clock.now(), stage: 'prod' })
    other.count('EventDone', { provider: 'stripe' })
    other.flush()
    expect((await ask()).items).toEqual([])
  })

  test('reads once a minute at most, whoever asks how often', async () => {
    await Promise.all([ask(), ask(), ask('?provider=stripe')])
    expect(reads).toBe(1)
    await clock.advance(minutes(1))
    await ask()
    expect(reads).toBe(2)
  })

  test('refuses steps that are too many, and windows that there are not', async () => {
    for (const query of ['?window=24h&step=60', '?window=7d', '?step=61', '?tenant=acme'])
      expect((await given.api(`/api/metrics${query}`)).status, query).toBe(400)
  })

  test('is a 503 when CloudWatch does not answer, and asks again the next time', async () => {
    given = await adminWith(readerOf('http://127.0.0.1:1'))
    for (const round of [1, 2]) {
      const response = await given.api('/api/metrics')
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({ code: 'unavailable' })
      expect(reads).toBe(round)
    }
  })

  test('is for who may see all tenants', async () => {
    const { config, keys, token } = givenIssuer([await signingKey('ES256')], clock, {
      tenantsClaim: 'tenants',
    })
    const people = { config, keys, clock }
    given = await givenAdmin(tables, { clock, changes: { metricReader: reader, people } })
    const request = async (claims: object) =>
      given.app.request('/api/metrics', {
        headers: { authorization: `Bearer ${await token({ roles: ['viewer'], ...claims })}` },
      })
    expect((await given.api('/api/metrics')).status).toBe(200)
    const refused = await request({ tenants: ['acme'] })
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'forbidden' }),
    ])
    expect(reads).toBe(1)
  })
})
