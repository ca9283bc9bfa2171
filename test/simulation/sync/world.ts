import type { PollerDeps } from '#functions/poller/batch.ts'
import type { WorkerDeps } from '#functions/worker/batch.ts'
import { polling, queue, queueVisibility } from '#lib/config/defaults.ts'
import type { JudgeDeps } from '#lib/polling/missed.ts'
import type { Clock, EpochMs } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import { endpointOf } from '#test/fakes/given-webhook.ts'
import { faultPlan, type FaultPlan } from '../faults.ts'
import { simDynamo, type SimDynamo } from '../models/dynamodb.ts'
import type { Command } from '../models/model.ts'
import { simS3, type SimS3 } from '../models/s3.ts'
import { simSqs, type SimSqs } from '../models/sqs.ts'
import type { Sandbox } from '../sandbox.ts'
import { scheduler, type Scheduler } from '../scheduler.ts'
import { urls as eventUrls, type World } from '../world.ts'
import { historyOf, mostLateMs, type Change } from './history.ts'
import { polled, withoutWebhooks, type StreamKind } from './streams.ts'

export const urls = {
  ...eventUrls,
  polls: 'https://sqs/1/polls',
  pollsDead: 'https://sqs/1/polls-dead',
} as const

/** A fault planted in how lists are read, queued or counted. */
export interface SyncMutant {
  readonly name: string
  readonly what: string
  readonly poller?: (deps: PollerDeps, box: Sandbox) => PollerDeps
  readonly worker?: (deps: WorkerDeps) => WorkerDeps
  readonly judge?: (deps: JudgeDeps) => JudgeDeps
}

/** One list of one account, and all that ever happens in it. */
export interface SimStream {
  readonly kind: StreamKind
  readonly connection: string
  readonly tenant: string
  readonly provider: string
  readonly endpoint: string
  readonly hasWebhooks: boolean
  readonly history: readonly Change[]
}

export interface SimConnection {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly state: 'active'
  readonly connectedAt: EpochMs
}

export interface SyncWorld {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly ledger: SimDynamo
  readonly connections: SimDynamo
  readonly control: SimDynamo
  readonly sqs: SimSqs
  readonly s3: SimS3
  readonly mutant: SyncMutant
  readonly skewMs: number
  /** How far the provider's clock is ahead of ours. */
  readonly aheadMs: number
  readonly accounts: readonly SimConnection[]
  readonly streams: readonly SimStream[]
  readonly endpoints: readonly Endpoint[]
  /** Hears of every message that a queue takes. */
  onStored(listener: (url: string, body: string) => void): void
  /** What `simClient` and the sweeper need. */
  readonly asWorld: World
}

/** Time in which things happen, and in which things may fail. */
const historyMs = 12 * 60_000
export const troubledMs = 17 * 60_000

export function makeSyncWorld(seed: number, mutant: SyncMutant): SyncWorld {
  const random = seededRandom(seed * 6_133 + 5)
  const time = scheduler(seededRandom(seed * 86_969 + 7))
  const { clock } = time
  const faults = faultPlan(random, () => clock.now())
  const skewMs = seed % 5 === 0 ? 20_000 : 900
  const aheadMs =
    seed % 7 === 0 ? 90_000 : seed % 7 === 3 ? -90_000 : Math.round((random.fraction() - 0.5) * 4_000)
  const accounts = accountsOf(seed, clock)
  const listeners: ((url: string, body: string) => void)[] = []
  const events = { visibilityMs: queueVisibility, maxReceiveCount: queue.maxReceiveCount }
  const jobs = { visibilityMs: 6 * polling.timeoutMs, maxReceiveCount: polling.jobReceives }
  const parts = {
    seed,
    clock,
    random,
    faults,
    ledger: simDynamo(),
    sqs: simSqs(
      [
        { url: urls.events, ...events, deadLetterUrl: urls.eventsDead },
        { url: urls.polls, ...jobs, deadLetterUrl: urls.pollsDead },
        ...[urls.bulk, urls.eventsDead, urls.bulkDead, urls.pollsDead].map((url) => ({
          url,
          visibilityMs: 30_000,
        })),
      ],
      {
        clock,
        random,
        duplicates: () => faults.chance(0.05, 'SQS delivers twice'),
        refuses: () => faults.chance(0.05, 'SendMessageBatch fails in part'),
        stored: (url, body) => listeners.forEach((listener) => listener(url, body)),
      },
    ),
    s3: simS3(),
  }
  return {
    ...parts,
    scheduler: time,
    connections: simDynamo(['pk', 'sk']),
    control: simDynamo(['pk', 'sk']),
    mutant,
    skewMs,
    aheadMs,
    accounts,
    streams: accounts.flatMap((account) =>
      streamsOf(account, { aheadMs, skewMs, from: clock.now() }, random),
    ),
    endpoints: accounts
      .filter(({ provider }) => provider !== withoutWebhooks)
      .map(({ provider, tenant }) => endpointOf(provider, { id: `${provider}-${tenant}`, tenant })),
    onStored: (listener) => void listeners.push(listener),
    asWorld: { ...parts, mutate: (command: Command) => command } as unknown as World,
  }
}

/** Two tenants of two providers; in each fourth world two of one, and one of another. */
function accountsOf(seed: number, clock: Clock): readonly SimConnection[] {
  const [first = 'ada', other = 'bob'] = seed % 2 === 0 ? ['ada', 'bob'] : ['bob', 'ada']
  const second = seed % 3 === 0 ? withoutWebhooks : other
  const accounts = [
    { tenant: 'acme', provider: first },
    ...(seed % 4 === 0 ? [{ tenant: 'globex', provider: first }] : []),
    { tenant: seed % 5 === 0 ? 'acme' : 'globex', provider: second },
  ]
  return accounts.map((account, nth) => ({
    ...account,
    id: `conn_${nth + 1}`,
    state: 'active' as const,
    connectedAt: clock.now(),
  }))
}

function streamsOf(
  account: SimConnection,
  { aheadMs, skewMs, from }: { readonly aheadMs: number; readonly skewMs: number; readonly from: number },
  random: Random,
): readonly SimStream[] {
  const { id: connection, tenant, provider } = account
  const hasWebhooks = provider !== withoutWebhooks
  return Object.keys(polled[provider] ?? {}).map((stream) => {
    const kind = stream as StreamKind
    const name = `${connection}_${kind}`
    // Nothing is older than the connection by any clock.
    const plan = {
      kind,
      name,
      from: from + Math.abs(aheadMs),
      forMs: historyMs,
      changes: 12,
      aheadMs,
      mostLateMs: mostLateMs(aheadMs, skewMs),
    }
    const endpoint = hasWebhooks ? `${provider}-${tenant}` : provider
    return { kind, connection, tenant, provider, endpoint, hasWebhooks, history: historyOf(plan, random) }
  })
}
