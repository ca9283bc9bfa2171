import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Send } from '#lib/outbound/transport.ts'
import { ms, type Clock } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Scenario, Weather } from './scenario.ts'

/** One call as the provider's own books have it. */
export interface LedgerCall {
  /** Milliseconds since the first event. */
  readonly at: number
  readonly event: string
  readonly key: string
  readonly tenant: string
  readonly outcome: Weather | 'above the limit' | 'unauthorized'
  /** Its worker stood still just before it left: no limit can hold that back. */
  readonly isLate: boolean
  /** The handler's run that it was made in: the fence of its claim. */
  readonly run: string
}

export interface SimProvider {
  readonly calls: readonly LedgerCall[]
  /** Idempotency keys whose call took effect, by event. */
  readonly effects: ReadonlyMap<string, ReadonlySet<string>>
  sendFor(box: Sandbox): Send
}

const minuteMs = 60_000

/** An API with a limit of its own, a book of what it was asked, and an hour that it would rather forget. */
export function simProvider(
  scenario: Scenario,
  deps: { readonly clock: Clock; readonly random: Random; readonly startedAt: number },
): SimProvider {
  const { clock, random, startedAt } = deps
  const calls: LedgerCall[] = []
  const effects = new Map<string, Set<string>>()
  /** Instants of the calls that were taken in the last minute. */
  const recent: number[] = []
  const isTooMany = (at: number): boolean => {
    while ((recent[0] ?? Infinity) <= at - minuteMs) recent.shift()
    return recent.length >= scenario.perMinute
  }
  const judge = (at: number, isAllowed: boolean): LedgerCall['outcome'] => {
    const weather =
      at >= scenario.illFrom && at < scenario.illUntil ? scenario.weather(at, random.fraction) : 'well'
    if (weather !== 'well') return weather
    if (!isAllowed) return 'unauthorized'
    if (isTooMany(at)) return 'above the limit'
    recent.push(at)
    return 'well'
  }
  return {
    calls,
    effects,
    sendFor:
      (box) =>
      async (request, { signal }) => {
        const begunAt = clock.now()
        box.count('before')
        await box.awake()
        const isLate = clock.now() - begunAt > 1_000
        const at = clock.now() - startedAt
        const event = request.url.pathname.split('/').at(-1) ?? ''
        const key = request.headers.get('idempotency-key') ?? ''
        const [tenant = '', generation = ''] = (request.headers.get('authorization') ?? '')
          .split(' ')
          .slice(1)
        const outcome = judge(at, isGood(scenario, tenant, generation, at))
        calls.push({
          at,
          event,
          key,
          tenant,
          outcome,
          isLate,
          run: request.headers.get('x-run') ?? '',
        })
        await clock.sleep(ms(5 + random.fraction() * 150))
        // Whoever hangs may have done it.
        const isDone = outcome === 'well' || (outcome === 'hangs' && random.fraction() < 0.2)
        if (isDone) effects.set(event, (effects.get(event) ?? new Set()).add(key))
        box.count('after')
        await box.awake()
        signal.throwIfAborted()
        const freeAt = outcome === 'asks' ? scenario.illUntil : (recent[0] ?? at) + minuteMs
        return answer(outcome, freeAt - at, signal)
      },
  }
}

/** Tokens of the second tenant are refused from a moment on, until it has connected again. */
const isGood = ({ disconnected }: Scenario, tenant: string, generation: string, at: number): boolean =>
  !disconnected || tenant !== 'globex' || generation === '2' || at < disconnected.from

async function answer(
  outcome: LedgerCall['outcome'],
  freeInMs: number,
  signal: AbortSignal,
): Promise<Response> {
  switch (outcome) {
    case 'well':
      return Response.json({ ok: true })
    case 'unavailable':
      return Response.json({}, { status: 503 })
    case 'unauthorized':
      return Response.json({}, { status: 401 })
    case 'throttles':
      return Response.json({}, { status: 429 })
    case 'asks':
    case 'above the limit': {
      const seconds = String(Math.ceil(freeInMs / 1_000))
      return Response.json({}, { status: 429, headers: { 'retry-after': seconds } })
    }
    case 'refused': {
      const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
      throw new SluiceError('DESTINATION_UNAVAILABLE', 'no connection', { cause })
    }
    case 'hangs':
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      )
  }
}
