import { outbound as limits } from '../config/defaults.ts'
import type { CallOptions } from '../outbound/connection-fetch.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { idempotencyKeys } from '../outbound/repeatable.ts'
import { sluice, type ConnectionRef, type Sluice, type SluiceDeps } from '../outbound/sluice.ts'
import type { Clock } from '../primitives/clock.ts'
import { seededRandom, type Random } from '../primitives/random.ts'
import { retryBudget } from '../primitives/retry-budget.ts'
import type { HandlerCalls, HandlerContext, SluiceEvent } from '../processing/handler.ts'
import { findProvider } from '../providers/catalog.ts'
import type { MockProvider } from './mock-provider.ts'
import { sendTo } from './send-to.ts'
import { virtualBreaker, virtualLimiter } from './virtual-guards.ts'
import { virtualTime } from './virtual-time.ts'

/** What of a mock a connection needs; its `fetch` may be wrapped, in faults for example. */
export type Connected = Pick<MockProvider, 'provider' | 'fetch' | 'authorization' | 'params' | 'useClock'>

export interface ConnectionsOptions {
  /** Default: virtual, so that waits take no time. Give the mocks and faults the same one. */
  readonly clock?: Clock
  readonly random?: Random
}

/** Calls by connections that lead to mocks, through everything that calls go through in production. */
export interface TestConnections extends HandlerCalls {
  /** The calls of one event's handler: without a connection they are those of its provider. */
  of(event: SluiceEvent, context: Pick<HandlerContext, 'idempotencyKey' | 'attempt'>): HandlerCalls
  readonly clock: Clock
  /** Providers that refused credentials for good: in production the connection would need its user. */
  readonly locked: readonly string[]
}

/**
 * A tenant with one connection at each provider. Retries, limits, the breaker, redirects, renewed credentials and deadlines are
 * the real ones, in virtual time; nothing leaves this process.
 * @throws TypeError when a mock is of another provider than its name says.
 */
export function connections(
  mocks: Readonly<Record<string, Connected>>,
  options: ConnectionsOptions = {},
): TestConnections {
  const { clock = virtualTime(), random = seededRandom(1) } = options
  const locked: string[] = []
  const guards = {
    clock,
    random,
    limiter: virtualLimiter(clock),
    breaker: virtualBreaker(clock, random),
    budget: retryBudget({ ...limits.budget, clock }),
  }
  const calls = new Map<string, Sluice>()
  for (const [provider, mock] of Object.entries(mocks)) {
    if (mock.provider !== provider)
      throw new TypeError(`the mock for "${provider}" is one of "${mock.provider}"`)
    mock.useClock(clock)
    calls.set(provider, sluice({ ...guards, ...standIns(mock, locked) }))
  }
  const fetchFor = (tenant: string, ref: ConnectionRef, callOptions: CallOptions) =>
    (calls.get(ref.provider) ?? none(ref.provider, [...calls.keys()])).fetch(tenant, ref, callOptions)
  return {
    clock,
    locked,
    of: ({ tenant, source, account }, { idempotencyKey, attempt }) => {
      const keys = idempotencyKeys(idempotencyKey)
      // `/sluice/{provider}/{tenant}`
      const own = { provider: source.split('/')[2] ?? '', ...(account !== undefined && { account }) }
      // As in the worker: a later attempt is a retry itself.
      const once = attempt > 1 ? { attempts: 1 } : {}
      return callsOver(
        () => own,
        (ref, asked) => fetchFor(tenant, ref, { ...once, ...asked, keys }),
        guards,
      )
    },
    ...callsOver(
      () => only(mocks),
      (ref, asked) => fetchFor('default', ref, { ...asked, keys: idempotencyKeys('evt_test') }),
      guards,
    ),
  }
}

/** A handler's calls: a `fetch`, and the same as operations and readers take it. */
function callsOver(
  own: () => ConnectionRef,
  fetchBy: (ref: ConnectionRef, asked: CallOptions) => Fetch,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): HandlerCalls {
  return {
    fetch: (ref = own(), asked = {}) => fetchBy(ref, asked),
    client: (ref = own(), asked = {}) => {
      const { provider } = ref
      return { provider, api: findProvider(provider)?.api, fetch: fetchBy(ref, asked), clock, random }
    },
  }
}

function none(provider: string, known: readonly string[]): never {
  throw new TypeError(
    `this test has no connection at "${provider}": it has ${known.join(', ') || 'none'}; give connections() a mock of it`,
  )
}

function only(mocks: Readonly<Record<string, Connected>>): ConnectionRef {
  const [provider, ...others] = Object.keys(mocks)
  if (provider === undefined || others.length > 0)
    throw new TypeError('name the connection: this test has not exactly one')
  return { provider }
}

type StandIns = Pick<
  SluiceDeps,
  'send' | 'apiOf' | 'fromEnvironment' | 'credentials' | 'connections' | 'locked'
>

/** What stands in the place of the vault, the table of connections and the network. */
function standIns(mock: Connected, locked: string[]): StandIns {
  const { provider, params: extras } = mock
  return {
    send: sendTo(mock.fetch),
    apiOf: (id) => findProvider(id)?.api,
    fromEnvironment: () => undefined,
    credentials: {
      of: async () => ({
        kind: 'credentials',
        credentials: { kind: 'key', version: 1, ...mock.authorization, extras },
      }),
    },
    connections: {
      find: async () => undefined,
      list: async () => ({ connections: [connectionAt(provider)] }),
    },
    locked: async () => void locked.push(provider),
  }
}

type Listed = Awaited<ReturnType<SluiceDeps['connections']['list']>>['connections'][number]

/** Of a connection, calls read the provider, the id and the state alone. */
const connectionAt = (provider: string): Listed =>
  ({ provider, id: `con_mock_${provider}`, state: 'active' }) as Listed
