import type { Connection } from '#lib/vault/connection.ts'
import { proxyApp, type ProxyDeps } from '#functions/proxy/app.ts'
import type { CallCredentials, CredentialsOutcome } from '#lib/oauth/credentials.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { sluice, type Sluice } from '#lib/outbound/sluice.ts'
import type { OutgoingRequest, Send } from '#lib/outbound/transport.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

export const adminToken = 'admin-token-of-the-test'

export const connectionOf = (
  provider: string,
  tenant = 'acme',
  state: Connection['state'] = 'active',
): Connection => ({
  id: connectionId(tenant, provider, 'a'),
  tenant,
  provider,
  account: 'a',
  kind: 'key',
  state,
  scopes: [],
  connectedAt: epochMs(0),
  obtainedAt: epochMs(0),
  version: 1,
  leaseUntil: epochMs(0),
  failures: 0,
  tokens: new Uint8Array(),
})

export interface GivenProxy {
  readonly app: ReturnType<typeof proxyApp>
  readonly clock: VirtualClock
  readonly lines: string[]
  /** A request with the admin token. */
  call(path: string, init?: RequestInit): Promise<Response>
  /** The same, while time passes until it is answered. */
  callAndWait(path: string, init?: RequestInit): Promise<Response>
}

/** The proxy over a {@link Sluice} of the test's own. */
export function givenProxy(
  make: Sluice | ((clock: VirtualClock) => Sluice),
  connections: readonly Connection[],
  changes: Partial<ProxyDeps> = {},
): GivenProxy {
  const clock = virtualClock()
  const lines: string[] = []
  const app = proxyApp({
    clock,
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    token: async () => new Secret(adminToken),
    people: undefined,
    sluice: typeof make === 'function' ? make(clock) : make,
    connections: { find: async (id) => connections.find((each) => each.id === id) },
    ...changes,
  })
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${adminToken}`)
    return app.request(path, { ...init, headers })
  }
  const callAndWait = async (path: string, init?: RequestInit): Promise<Response> => {
    let over = false
    const work = call(path, init).finally(() => void (over = true))
    for (let moves = 0; !over && moves < 1_000; moves += 1) {
      await new Promise((resolve) => void setImmediate(resolve))
      if (!over && moves % 5 === 4) await clock.next()
    }
    return work
  }
  return { app, clock, lines, call, callAndWait }
}

/** A {@link Sluice} whose every connection is called by `send`. */
export const fakeSluice = (
  send: (tenant: string, ...parameters: Parameters<Fetch>) => Promise<Response>,
): Sluice => ({
  fetch:
    (tenant) =>
    (...parameters) =>
      send(tenant, ...parameters),
})

export interface RealParts {
  readonly send: Send
  readonly credentials?: Pick<CallCredentials, 'headers' | 'query'>
  readonly outcome?: () => CredentialsOutcome
  readonly environment?: Readonly<Record<string, string>>
}

export const secretKey = 'sk_test_0123456789abcdef'

/** The real chain of calls, with nothing around it that is real. */
export const realSluice =
  ({ send, credentials, outcome, environment = {} }: RealParts) =>
  (clock: VirtualClock): Sluice =>
    sluice({
      clock,
      random: seededRandom(1),
      send,
      limiter: { take: async () => ({ kind: 'granted' }), observe: () => {} },
      breaker: { enter: async () => ({ kind: 'pass', probe: false, report: async () => {} }) },
      budget: retryBudget({ ratio: 1, minPerWindow: 10_000, windowMs: 600_000, clock }),
      apiOf: (provider) => findProvider(provider)?.api,
      fromEnvironment: (name) => environment[name],
      credentials: {
        of: async () => outcome?.() ?? { kind: 'credentials', credentials: keyOf(credentials) },
      },
      connections: { find: async () => undefined, list: async () => ({ connections: [] }) },
      locked: async () => {},
    })

const keyOf = (credentials: RealParts['credentials']): CallCredentials => ({
  kind: 'key',
  version: 1,
  headers: { authorization: new Secret(`Bearer ${secretKey}`) },
  query: {},
  extras: {},
  ...credentials,
})

/** Answers one after the other, the last one for good; remembers what came. */
export function sender(
  ...answers: readonly (Response | Error)[]
): Send & { readonly sent: OutgoingRequest[] } {
  const sent: OutgoingRequest[] = []
  const send: Send = async (request) => {
    const answer = answers[Math.min(sent.push(request), answers.length) - 1]
    if (answer instanceof Error) throw answer
    return answer?.clone() ?? new Response('{}', { headers: { 'content-type': 'application/json' } })
  }
  return Object.assign(send, { sent })
}
