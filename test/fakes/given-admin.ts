import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoKeyTasks } from '#lib/vault/key-tasks.dynamo.ts'
import { sealer } from '#lib/vault/sealer.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoTenantShare, dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { dynamoOverdue } from '#lib/admin/overdue.dynamo.ts'
import { dynamoTickMemory } from '#lib/polling/tick-memory.dynamo.ts'
import { dynamoRoundsReader } from '#lib/telemetry/rounds-reader.dynamo.ts'
import { adminApp } from '#functions/admin/app.ts'
import { composeControl } from '#functions/admin/compose-control.ts'
import type { AdminDeps } from '#functions/admin/deps.ts'
import { dynamoUsedLinks } from '#lib/admin/used-links.dynamo.ts'
import type { ObjectStore } from '#lib/buffer/buffer.ts'
import { eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { dynamoClaims } from '#lib/idempotency/claims.dynamo.ts'
import type { Claims } from '#lib/idempotency/claims.ts'
import { dynamoHistory } from '#lib/idempotency/history.dynamo.ts'
import type { History } from '#lib/idempotency/history.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import type { BackfillJob } from '#lib/polling/backfill-jobs.ts'
import { dynamoBackfills } from '#lib/polling/backfills.dynamo.ts'
import { dynamoSubscriptionsOf } from '#lib/polling/keeper-of.dynamo.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { epochMs, later, type Clock } from '#lib/primitives/clock.ts'
import { seededRandom, token128 } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { factsOf, keptOf } from '#lib/processing/ledger-entry.ts'
import type { ReplayJob } from '#lib/processing/replay-jobs.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { createConnections, createTables, type Tables } from './tables.ts'
import { virtualClock } from './virtual-clock.ts'

/** One event to be in the Ledger, written by the same claims that the worker uses. */
interface Seed {
  readonly key: string
  readonly provider?: string
  readonly tenant?: string
  readonly type?: string
  readonly body?: Uint8Array | string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: 'done' | 'dead' | 'retry' | 'claimed' | 'parked'
  readonly reason?: string
  /** How long ago it was received, milliseconds. */
  readonly age?: number
  /** How long after that it was handled, milliseconds. */
  readonly took?: number
}

export interface GivenAdmin {
  readonly deps: AdminDeps
  readonly app: ReturnType<typeof adminApp>
  readonly history: History
  readonly claims: Claims
  readonly lines: string[]
  /** What the bulk queue took. */
  readonly queued: Envelope[]
  readonly queuedText: string[]
  /** What the queue of polls took. */
  readonly polled: PollJob[]
  readonly connectionsTable: string
  readonly controlTable: string
  readonly backfillJobs: BackfillJob[]
  readonly replayJobs: ReplayJob[]
  readonly objects: Map<string, Uint8Array>
  readonly token: Secret
  readonly ledgerTable: string
  /** Answers the event's id. */
  seed(seed: Seed): Promise<string>
  /** A request with the admin token; a body is sent as JSON. */
  request(path: string, method: string): Promise<Response>
  /** Gives a tenant a key. */
  keysOf(tenant: string): Promise<void>
  api(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
}

let made = 0

/** The admin function with everything real but time, queue and bucket. */
export async function givenAdmin(
  { client }: Tables,
  options: { readonly clock?: Clock; readonly changes?: Partial<AdminDeps> } = {},
): Promise<GivenAdmin> {
  const clock = options.clock ?? virtualClock()
  const random = seededRandom((made += 1))
  const [ledger, control] = [`ledger-${made}`, `control-${made}`]
  const connections = `connections-${made}`
  await createTables(client, ledger, control)
  await createConnections(client, connections)
  const objects = new Map<string, Uint8Array>()
  const store = storeOf(objects)
  const lines: string[] = []
  const queued: Envelope[] = []
  const queuedText: string[] = []
  const polled: PollJob[] = []
  const backfillJobs: BackfillJob[] = []
  const replayJobs: ReplayJob[] = []
  const token = new Secret('admin-token-of-the-test')
  const history = dynamoHistory({ client, table: ledger, clock })
  const deps: AdminDeps = {
    clock,
    random,
    history,
    objects: store,
    bulk: {
      send: async (envelope) => void queued.push(envelope),
      sendText: async (text) => void queuedText.push(text),
    },
    ...composeControl({ client, table: control, clock }),
    usedLinks: dynamoUsedLinks({ client, table: control }),
    token: () => Promise.resolve(token),
    people: undefined,
    issuer: undefined,
    probes: { queue: () => Promise.resolve() },
    diagnosis: {
      rounds: dynamoRoundsReader({ client, table: control }),
      tick: dynamoTickMemory({ client, table: connections }),
      overdue: dynamoOverdue({ client, table: connections }),
      queues: { events: async () => ({ waiting: 0, inFlight: 0 }) },
    },
    providers,
    endpoints: [{ id: 'stripe', provider: 'stripe', tenant: 'default' }],
    vault: dynamoVault({ client, table: connections, clock }),
    seal: sealer({
      maker: { generate: async () => ({ plain: Buffer.alloc(32, 9), wrapped: Buffer.alloc(32, 9) }) },
      share: dynamoTenantShare({ client, table: connections }),
      random,
    }),
    connections: dynamoConnectionList({ client, table: connections }),
    polls: dynamoPolls({ client, table: connections, clock }),
    pollJobs: { send: async (jobs) => void polled.push(...jobs) },
    missed: dynamoMissedLedger({ client, table: control }),
    backfills: dynamoBackfills({ client, table: connections }),
    subscriptions: dynamoSubscriptionsOf({ client, table: connections }),
    backfillJobs: { send: async (job) => void backfillJobs.push(job) },
    replaying: {
      clock,
      walk: dynamoWalk({ client, table: ledger, clock }),
      replays: dynamoReplays({ client, table: control }),
      jobs: { send: async (job) => void replayJobs.push(job) },
    },
    metricReader: { read: async () => [] },
    keyTasks: dynamoKeyTasks({ client, table: connections, clock }),
    connectStore: dynamoConnectStore({ client, table: control }),
    connectGrantOf,
    returnTo: ['https://app.example.com/settings/'],
    stage: 'test',
    publicUrl: 'https://sluice.test',
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    ...options.changes,
  }
  const app = adminApp(deps)
  // The writers of other times: an event of an hour ago was claimed an hour ago.
  const claimsAt = (age: number) =>
    dynamoClaims({ client, table: ledger, clock: { ...clock, now: () => later(clock.now(), -age) } })
  return {
    deps,
    app,
    history,
    claims: claimsAt(0),
    lines,
    queued,
    queuedText,
    polled,
    connectionsTable: connections,
    controlTable: control,
    backfillJobs,
    replayJobs,
    objects,
    token,
    ledgerTable: ledger,
    seed: (seed) => write(seed, claimsAt((seed.age ?? 0) - (seed.took ?? 0)), deps, random),
    request: async (path, method) =>
      app.request(path, { method, headers: { authorization: `Bearer ${token.reveal()}` } }),
    keysOf: async (tenant) =>
      void (await dynamoWrappedKeys({ client, table: connections }).add(tenant, 1, new Uint8Array([1]))),
    api: async (path, body, headers = {}) =>
      app.request(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

const storeOf = (objects: Map<string, Uint8Array>): ObjectStore => ({
  put: async (key, bytes) => void objects.set(key, bytes),
  get: async (key) => objects.get(key),
  delete: async (key) => void objects.delete(key),
  list: async (prefix, limit) =>
    [...objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted()
      .slice(0, limit),
})

async function write(
  seed: Seed,
  claims: Claims,
  deps: AdminDeps,
  random: ReturnType<typeof seededRandom>,
): Promise<string> {
  const envelope = envelopeOf(seed, deps.clock)
  const { status = 'done', reason = 'HandlerError: refused' } = seed
  const claimed = await claims.claim({
    facts: factsOf(envelope, (id) => findProvider(id)?.webhooks),
    owner: token128(random),
    leaseUntil: later(deps.clock.now(), 30_000),
  })
  if (claimed.kind !== 'claimed') throw new Error(`not claimed: ${claimed.kind}`)
  const kept = await keptOf(envelope, deps)
  if (status === 'done') await claims.complete(claimed.claim, kept)
  if (status === 'dead') await claims.bury(claimed.claim, reason, kept)
  if (status === 'retry') await claims.fail(claimed.claim, reason, ['handlers/first'])
  if (status === 'parked') await claims.park(claimed.claim, reason, [])
  return envelope.id
}

function envelopeOf(seed: Seed, clock: Clock): Envelope {
  const { key, provider = 'stripe', tenant = 'default', type = 'invoice.paid', age = 0 } = seed
  const body = seed.body ?? JSON.stringify({ id: key, type })
  const receivedAt = epochMs(clock.now() - age)
  return {
    v: 1,
    id: eventId(tenant, provider, key),
    tenant,
    provider,
    endpoint: provider,
    via: 'webhook',
    deliveryKey: key,
    type,
    receivedAt,
    occurredAt: epochMs(receivedAt - 1_000),
    contentType: seed.contentType ?? 'application/json',
    headers: seed.headers ?? {},
    body: inlineBody(Buffer.from(body)),
  }
}
