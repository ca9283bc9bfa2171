import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Credentials } from '#lib/outbound/attempt.ts'
import type { Entry } from '#lib/outbound/breaker.ts'
import type { CallDeps } from '#lib/outbound/call.ts'
import { connectionFetch, type Caller, type CallOptions } from '#lib/outbound/connection-fetch.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import type { LimitScope, Limiter, Priority } from '#lib/outbound/limiter.ts'
import type { OutgoingRequest, Send, SendOptions } from '#lib/outbound/transport.ts'
import { ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

/** What the other side does with a request. */
export type Reaction =
  | Response
  | Error
  | ((request: OutgoingRequest, options: SendOptions) => Promise<Response>)

export interface GivenCall {
  readonly provider?: string
  /** One after the other; the last one goes on. */
  readonly reactions: readonly Reaction[]
  readonly options?: CallOptions
  readonly base?: string
  readonly trusted?: boolean
  /** What the limiter says, one after the other, then `granted`. */
  readonly waits?: readonly number[]
  readonly breakerOpenMs?: number
  /** Failures find the breaker open for so long. */
  readonly illMs?: number
  readonly budget?: { readonly ratio: number; readonly minPerWindow: number }
  readonly authorize?: Caller['authorize']
  readonly tell?: CallDeps['tell']
  readonly clock?: VirtualClock
}

export interface CallWorld {
  readonly fetch: Fetch
  readonly clock: VirtualClock
  /** Requests that left, and when. */
  readonly sent: (OutgoingRequest & { readonly atMs: number; readonly options: SendOptions })[]
  /** What the breaker was told, in order. */
  readonly reports: string[]
  readonly taken: { readonly scope: LimitScope; readonly priority: Priority }[]
  readonly observed: unknown[]
  /** Credentials that were asked for: with what was refused, if anything. */
  readonly authorized: (Credentials | undefined)[]
  readonly locked: Credentials[]
  /** Lets time pass until the work is settled. */
  settle<T>(work: Promise<T>): Promise<T>
}

export const network = (code: string): SluiceError =>
  new SluiceError('DESTINATION_UNAVAILABLE', 'the other side is not to be had', {
    cause: Object.assign(new Error(code), { code }),
  })

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

/** A connection's `fetch` in a world where nothing is real but the chain itself. */
export function givenCall(given: GivenCall): CallWorld {
  const clock = given.clock ?? virtualClock()
  const start = clock.now()
  const world = { sent: [], reports: [], taken: [], observed: [], authorized: [], locked: [] } as Pick<
    CallWorld,
    'sent' | 'reports' | 'taken' | 'observed' | 'authorized' | 'locked'
  >
  const send: Send = async (request, options) => {
    const nth = Math.min(world.sent.length, given.reactions.length - 1)
    world.sent.push({ ...request, options, atMs: clock.now() - start })
    const reaction = given.reactions[nth]
    if (reaction instanceof Error) throw reaction
    if (typeof reaction === 'function') return reaction(request, options)
    return reaction?.clone() ?? new Response()
  }
  const deps: CallDeps = {
    send,
    clock,
    ...(given.tell && { tell: given.tell }),
    random: seededRandom(1),
    limiter: limiterOf(given.waits ?? [], world),
    breaker: { enter: async () => passOf(given, world.reports) },
    budget: retryBudget({ ratio: 1, minPerWindow: 100, windowMs: 600_000, clock, ...given.budget }),
  }
  return {
    ...world,
    clock,
    fetch: connectionFetch(callerOf(given, world), given.options ?? {}, deps),
    settle: settling(clock),
  }
}

function limiterOf(
  waits: readonly number[],
  { taken, observed }: Pick<CallWorld, 'taken' | 'observed'>,
): Limiter {
  return {
    take: async (scope, { priority }) => {
      const waitMs = waits[taken.push({ scope, priority }) - 1]
      return waitMs === undefined ? { kind: 'granted' } : { kind: 'wait', waitMs: ms(waitMs) }
    },
    observe: (_, seen) => void observed.push(seen),
  }
}

const passOf = ({ breakerOpenMs, illMs }: GivenCall, reports: string[]): Entry =>
  breakerOpenMs === undefined
    ? {
        kind: 'pass',
        probe: false,
        report: async (outcome) => {
          reports.push(outcome)
          return outcome === 'failure' && illMs !== undefined ? ms(illMs) : undefined
        },
      }
    : { kind: 'open', retryAfterMs: ms(breakerOpenMs) }

function callerOf(given: GivenCall, world: Pick<CallWorld, 'authorized' | 'locked'>): Caller {
  const { provider = 'stripe', base = 'https://api.stripe.com', trusted = false } = given
  return {
    provider,
    connection: 'conn_1',
    api: findProvider(provider)?.api,
    address: async () => ({ base, origins: new Set([new URL(base).origin]), trusted }),
    authorize:
      given.authorize ??
      (async (refused) => {
        const nth = world.authorized.push(refused)
        return { headers: { authorization: new Secret(`Bearer token-${nth}`) }, query: {} }
      }),
    locked: async (refused) => void world.locked.push(refused),
  }
}

const settling =
  (clock: VirtualClock) =>
  async <T>(work: Promise<T>): Promise<T> => {
    let over = false
    const end = (): void => void (over = true)
    work.then(end, end)
    await clock.advance(0)
    for (let moves = 0; !over && moves < 10_000; moves += 1) if (!(await clock.next())) await clock.advance(0)
    return work
  }
