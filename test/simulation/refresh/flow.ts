import { createHash } from 'node:crypto'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { accessTokens, type AccessTokens } from '#lib/oauth/access-token.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import { sealGrant } from '#lib/oauth/token-store.ts'
import { ms } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { sandbox as sandboxProvider } from '#lib/providers/sandbox.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { objectEscrow } from '#lib/vault/escrow.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { Violation } from '../invariants.ts'
import { simClient } from '../client.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import type { CallWatch, Issue } from './authorization-server.ts'
import {
  makeRefreshWorld,
  quietTenant,
  simKeyWrap,
  tokenLifetimeMs,
  type RefreshMutant,
  type RefreshWorld,
} from './world.ts'

export interface RefreshOutcome {
  readonly seed: number
  readonly violation?: Violation
  readonly trace: string
  readonly counts: {
    readonly served: number
    readonly turnedAway: number
    readonly tokenCalls: number
    readonly refreshes: number
    readonly reauth: number
    readonly steps: number
  }
  readonly faults: ReadonlyMap<string, number>
}

const workers = 50
const periods = 2
const tenants = ['acme', quietTenant, 'globex']

export interface RefreshOptions {
  readonly mutant?: RefreshMutant
  /** Callers over all workers at each expiry of one connection. */
  readonly callers?: number
}

const noRefreshMutant: RefreshMutant = {
  name: 'none',
  what: 'nothing is changed',
  command: (it) => it,
}

interface Worker {
  box: Sandbox
  tokens: AccessTokens
  deps: RefreshDeps
}

/** Many workers that all want the tokens of a few connections just when they run out, until all is quiet. */
export async function runRefreshSeed(seed: number, options: RefreshOptions = {}): Promise<RefreshOutcome> {
  const { mutant = noRefreshMutant, callers = 1_000 } = options
  const world = makeRefreshWorld(seed, mutant)
  const counts = { served: 0, turnedAway: 0, reauth: 0 }
  const trace = createHash('sha256')
  let violation: Violation | undefined
  const report = (invariant: string, message: string): void => {
    violation ??= new Violation(invariant, message)
  }
  const watch = watchOf(world, report)
  const start = (): Worker => startWorker(world, watch)
  const pool = Array.from({ length: workers }, start)
  world.table.onWrite((before, after) => {
    trace.update(`${world.clock.now()} ${after?.['id']?.S} ${after?.['st']?.S} ${after?.['version']?.N}\n`)
    const isNew = after?.['tokens']?.B !== undefined && after['tokens'].B !== before?.['tokens']?.B
    if (before && isNew && Number(after['version']?.N) !== Number(before['version']?.N) + 1)
      report('I17', `tokens of ${after['id']?.S} were put in the place of newer ones`)
    if (before?.['st']?.S === 'deleted' && after?.['st']?.S !== 'deleted')
      report('I17', `${after?.['id']?.S} came back to life after it was deleted`)
  })

  const connections = await connectAll(world, start())
  let open = 0
  const call = async (tenant: string, id: string): Promise<void> => {
    const slot = Math.floor(world.random.fraction() * workers)
    const worker = pool[slot]?.box.killed === false ? pool[slot] : (pool[slot] = start())
    const dies = world.faults.chance(0.004, 'a worker dies')
    if (dies)
      worker.box.dieAtCall(
        1 + Math.floor(world.random.fraction() * 4),
        dies && world.random.fraction() < 0.5 ? 'before' : 'after',
      )
    if (world.faults.chance(0.002, 'a worker stands still beyond its lease'))
      worker.box.pauseAtCall(2, 60_000)
    const outcome = await worker.tokens.get(tenant, id)
    if (outcome.kind === 'token') {
      counts.served += 1
      if (!world.server.isGood(outcome.token.accessToken.reveal(), world.skewMs))
        report('I15', `a caller got a token that has run out`)
    } else counts.turnedAway += 1
  }
  for (let period = 1; period <= periods; period += 1) {
    for (const { tenant, id } of connections) {
      const atMs = period * tokenLifetimeMs * 0.8
      for (let i = 0; i < callers / connections.length; i += 1) {
        open += 1
        const at = ms(atMs + (world.random.fraction() - 0.5) * tokenLifetimeMs * 0.5)
        // A call in a worker that died never ends; nobody waits for it.
        world.clock.after(
          at,
          () =>
            void call(tenant, id).then(
              () => (open -= 1),
              () => (open -= 1),
            ),
        )
      }
    }
  }
  // A user disconnects at the worst moment: when new tokens have just come and are not saved yet.
  const victim = connections[Math.floor(world.random.fraction() * connections.length * 2)]
  if (victim) {
    const { tenant, id, family } = victim
    watch.onReceived = (name) => {
      if (name !== family) return
      watch.onReceived = () => {}
      const at = ms(world.random.fraction() * 60)
      world.clock.after(
        at,
        () =>
          void start()
            .deps.vault.disconnect(tenant, id)
            .catch(() => {}),
      )
    }
  }
  await world.scheduler.run(() => violation !== undefined, periods * tokenLifetimeMs)
  world.faults.stop()
  // The causes are mended: whoever asks now gets a token, or is told that only the user can help.
  await world.scheduler.run(() => violation !== undefined, tokenLifetimeMs * 2)
  if (!violation) await checkAtRest(world, connections, start(), report, counts)
  if (!violation) checkNoPlaintext(world, report)
  return {
    seed,
    ...(violation && { violation }),
    trace: trace.digest('hex').slice(0, 16),
    counts: {
      ...counts,
      tokenCalls: world.server.calls(),
      refreshes: watch.received.size,
      steps: world.scheduler.steps,
    },
    faults: world.faults.counts,
  }
}

type Report = (invariant: string, message: string) => void

function watchOf(world: RefreshWorld, report: Report) {
  const inFlight = new Map<string, Set<Sandbox>>()
  /** Who got the successor of a refresh token. */
  const received = new Map<string, Sandbox>()
  /** Whose tokens neither the table nor the bucket took in time: both were away, and it said so. */
  const lost = new Set<Sandbox>()
  /** Who got tokens and can not be blamed that nobody else has them. */
  const isExcused = (box: Sandbox): boolean => box.killed || box.paused || lost.has(box)
  const forBox = (box: Sandbox): CallWatch => ({
    begins(family, refreshToken) {
      const running = inFlight.get(family) ?? new Set<Sandbox>()
      inFlight.set(family, running)
      const others = [...running].filter((other) => !other.killed && !other.paused && other !== box)
      if (others.length > 0 && !box.paused) report('I15', `two refreshes of ${family} are in flight`)
      const holder = received.get(refreshToken)
      if (holder && !isExcused(holder) && !world.server.families.get(family)?.revoked && !isQuiet(family))
        report('I15', `a refresh token of ${family} was used although its successor had been received`)
      running.add(box)
      return () => void running.delete(box)
    },
    received: (issue: Issue) => {
      received.set(issue.spent, box)
      seen.onReceived(issue.family)
    },
    revoked(family, droppedBefore) {
      const died = [...received.values()].some(isExcused)
      if (droppedBefore === 0 && !died) report('I16', `${family} was revoked, and no answer had been lost`)
    },
    early(family) {
      const died = [...received.values()].some(isExcused)
      if (!died) report('I15', `${family} was refreshed long before its time`)
    },
  })
  const seen = { forBox, received, lost, onReceived: (_family: string): void => {} }
  return seen
}

const isQuiet = (family: string): boolean => family.startsWith(quietTenant)

function startWorker(world: RefreshWorld, watch: ReturnType<typeof watchOf>): Worker {
  const offset = (world.random.fraction() - 0.5) * 2 * world.skewMs
  const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
  const own = workerDeps(box, world, watch)
  const deps = world.mutant.deps?.(own) ?? own
  return { box, deps, tokens: accessTokens(deps) }
}

function workerDeps(box: Sandbox, world: RefreshWorld, watch: ReturnType<typeof watchOf>): RefreshDeps {
  const client = simClient(
    { service: 'dynamodb', model: world.table, maxAttempts: 3, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  const bucket = simClient(
    { service: 's3', model: world.s3, maxAttempts: 2, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  const keys = dataKeys({
    wrap: simKeyWrap(world, box.random),
    store: dynamoWrappedKeys({ client, table: 'connections' }),
    clock: box.clock,
  })
  return {
    clock: box.clock,
    random: box.random,
    keys,
    vault: dynamoVault({ client, table: 'connections', clock: box.clock, keys }),
    escrow: objectEscrow(s3Objects({ open: async () => ({ client: bucket, sdk: s3Sdk }), bucket: 'bucket' })),
    clients: {
      of: async (provider) => ({
        provider,
        clientId: 'sluice',
        clientSecret: new Secret('client-secret'),
        auth: sandboxProvider.auth,
      }),
    },
    fetch: world.server.fetchFor(box, watch.forBox(box)),
    guard: outageGuard(box.clock),
    revoke: async () => {},
    announce: async () => {},
    log: silentLog,
    metrics: { count: (name) => void (name === 'TokenLost' && watch.lost.add(box)), measure: () => {} },
  }
}

/** One connection for each tenant, put there while nothing fails. */
async function connectAll(world: RefreshWorld, { deps }: Worker) {
  const made: { tenant: string; id: string; family: string }[] = []
  const pending = tenants.map(async (tenant) => {
    const id = connectionId(tenant, 'sandbox', 'account')
    const issue = world.server.grant(`${tenant}-family`)
    const grant = {
      tokens: { accessToken: issue.accessToken, refreshToken: issue.refreshToken, tokenType: 'Bearer' },
      lifetimeSeconds: tokenLifetimeMs / 1_000,
      answer: {},
    }
    for (;;) {
      try {
        const facts = await sealGrant({ id, tenant, provider: 'sandbox' }, grant, { scopes: [] }, deps)
        const now = world.clock.now()
        const owner = `connect-${tenant}`
        await deps.vault.connect(
          {
            id,
            tenant,
            provider: 'sandbox',
            account: 'account',
            state: 'active',
            connectedAt: now,
            ...facts,
          },
          owner,
        )
        made.push({ tenant, id, family: issue.family })
        return
      } catch {
        await world.clock.sleep(ms(100))
      }
    }
  })
  let done = false
  void Promise.all(pending).then(() => (done = true))
  await world.scheduler.run(() => done, 300_000)
  return made
}

/** Every connection works, or says rightly that only its user can help. */
async function checkAtRest(
  world: RefreshWorld,
  connections: readonly { readonly tenant: string; readonly id: string; readonly family: string }[],
  worker: Worker,
  report: Report,
  counts: { reauth: number },
): Promise<void> {
  for (const { tenant, id, family } of connections) {
    let outcome: Awaited<ReturnType<AccessTokens['get']>> | undefined
    void worker.tokens.get(tenant, id).then((value) => (outcome = value))
    await world.scheduler.run(() => outcome !== undefined, 120_000)
    const isRevoked = world.server.families.get(family)?.revoked === true
    if (outcome?.kind === 'token') {
      if (!world.server.isGood(outcome.token.accessToken.reveal(), world.skewMs))
        report('I17', `the token of ${family} does not work any more`)
    } else if (outcome?.kind === 'needs_reauth') {
      counts.reauth += 1
      if (!isRevoked) report('I18', `${family} asks for its user, and its grant is good`)
    } else if (outcome?.kind !== 'not_active' || outcome.state !== 'deleted') {
      report('L2', `${family} gives no token although nothing fails any more: ${JSON.stringify(outcome)}`)
    }
  }
}

/** No token in the clear in anything that is stored, however it is spelt (I21). */
function checkNoPlaintext(world: RefreshWorld, report: Report): void {
  const texts = [
    ...[...world.table.items.values()].map((item) => Buffer.from(JSON.stringify(item)).toString('latin1')),
    ...[...world.table.items.values()].map((item) => Buffer.from(item['tokens']?.B ?? []).toString('latin1')),
    ...[...world.s3.objects.values()].map((bytes) => Buffer.from(bytes).toString('latin1')),
  ].join('\n')
  for (const secret of world.server.secrets) {
    const bytes = Buffer.from(secret)
    const spellings = [secret, bytes.toString('base64').slice(0, -4), bytes.toString('hex')]
    if (spellings.some((spelling) => texts.includes(spelling)))
      report('I21', 'a token is stored in the clear')
  }
}
