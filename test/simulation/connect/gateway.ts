import { oauthApp, type OAuthAppDeps } from '#functions/oauth/app.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { iso, ms } from '#lib/primitives/clock.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { emfMetrics, type Metrics } from '#lib/telemetry/metrics.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { simClient } from '../client.ts'
import type { Model } from '../models/model.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import type { SimProviders } from './providers.ts'
import type { ConnectWorld, Visit } from './world.ts'

/** What a browser sees of an answer. */
export interface Answer {
  readonly status: number
  readonly location?: string
  readonly cookies: readonly string[]
  readonly text: string
}

export interface Gateway {
  get(visit: Omit<Visit, 'arrivedAt'>): Promise<Answer>
  /** What a new execution environment is made of, for checks. */
  start(): { readonly box: Sandbox; readonly deps: OAuthAppDeps }
}

export const origin = 'https://sluice.sim'
/** Where browsers go afterwards. */
export const returnTo = 'https://app.sim/done'
const patienceMs = 29_000

interface Environment {
  readonly box: Sandbox
  readonly app: ReturnType<typeof oauthApp>
  visit?: Visit | undefined
}

/** Execution environments of the connect function, one request each at a time, and what is in front of them. */
export function gateway(world: ConnectWorld, providers: SimProviders): Gateway {
  const free: Environment[] = []
  const start = (): { box: Sandbox; deps: OAuthAppDeps; environment: Environment } => {
    const offset = (world.random.fraction() - 0.5) * 2 * world.skewMs
    const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
    const visit = (): Visit | undefined => environment.visit
    const own = depsOf(box, world, providers, visit)
    const deps = world.mutant.deps?.(own, visit) ?? own
    const environment: Environment = { box, app: oauthApp(deps) }
    return { box, deps, environment }
  }
  const answered = async (environment: Environment, visit: Visit): Promise<Answer> => {
    const headers = visit.cookie === '' ? {} : { cookie: visit.cookie }
    const response = await environment.app.request(`${origin}${visit.path}`, { headers })
    const location = response.headers.get('location')
    return {
      status: response.status,
      ...(location !== null && { location }),
      cookies: response.headers.getSetCookie(),
      text: await response.text(),
    }
  }
  return {
    start,
    async get(asked) {
      const visit = { ...asked, arrivedAt: world.clock.now() }
      const environment = free.pop() ?? start().environment
      environment.visit = visit
      troubles(environment.box, world)
      const answer = await Promise.race([
        answered(environment, visit).then((given) => {
          if (!environment.box.killed) free.push(environment)
          return given
        }),
        world.clock.sleep(ms(patienceMs)).then(() => ({ status: 504, cookies: [], text: '' })),
      ])
      const { status, cookies, text, ...rest } = answer
      world.truth.answers.push(JSON.stringify({ status, cookies, text, ...rest }))
      return answer
    },
  }
}

/** Each request has its own fate. */
function troubles(box: Sandbox, { faults, random }: ConnectWorld): void {
  box.dieAtCall(Infinity, 'before')
  box.pauseAtCall(Infinity, 0)
  if (faults.chance(0.05, 'the function dies'))
    box.dieAtCall(1 + Math.floor(random.fraction() * 8), random.fraction() < 0.5 ? 'before' : 'after')
  if (faults.chance(0.03, 'the function stands still'))
    box.pauseAtCall(1 + Math.floor(random.fraction() * 5), 1_000 + random.fraction() * 60_000)
}

function depsOf(
  box: Sandbox,
  world: ConnectWorld,
  providers: SimProviders,
  visit: () => Visit | undefined,
): OAuthAppDeps {
  const client = (service: 'dynamodb' | 'kms', model: Model) =>
    simClient({ service, model, maxAttempts: 3, requestTimeoutMs: 2_000 }, box, world.asWorld) as never
  const [control, connections] = [client('dynamodb', world.control), client('dynamodb', world.connections)]
  const { clock, random } = box
  const keys = dataKeys({
    wrap: kmsKeyWrap({ client: client('kms', world.kms), keyId: 'vault-key' }),
    store: dynamoWrappedKeys({ client: connections, table: 'connections' }),
    clock,
  })
  const write = (line: string): void => void world.truth.lines.push(line)
  const metrics = emfMetrics({ write, now: () => clock.now(), stage: 'test' })
  const written: Metrics = {
    count: (...noted) => {
      metrics.count(...noted)
      metrics.flush()
    },
    measure: (...noted) => {
      metrics.measure(...noted)
      metrics.flush()
    },
  }
  const log = jsonLog(write, () => iso(clock.now()), 'debug')
  const clients = { of: async (provider: string) => providers.clients.get(provider) }
  const fetch = providers.fetchFor(box, visit)
  return {
    clock,
    random,
    keys,
    log,
    metrics: written,
    fetch,
    clients,
    vault: dynamoVault({ client: connections, table: 'connections', clock, keys }),
    store: dynamoConnectStore({ client: control, table: 'control' }),
    revoke: revoker({ clients, fetch, clock, random, log }),
    redirectUri: (provider) => `${origin}/oauth/${provider}/callback`,
    returnTo: [returnTo],
    isKnown: (provider) => providers.clients.has(provider),
  }
}
