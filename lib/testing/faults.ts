import type { Fetch } from '../outbound/fetch-shape.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { notNegative } from '../primitives/options.ts'
import type { Random } from '../primitives/random.ts'
import { asPage, doubled, endless, lostConnection, truncated } from './faulty-answer.ts'

/**
 * What goes wrong with a call. `refused`: nobody listens. `reset-before`: the connection is lost before the request was heard;
 * `reset-after`: it was heard, and the answer is lost: the caller can not tell these two apart. `throttled` and
 * `server-error` are answered without the request being heard. The bodies are cut in half, and then broken off or never ended.
 */
export type HttpFault =
  | { readonly kind: 'latency'; readonly delayMs: number }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number | null }
  | { readonly kind: 'server-error'; readonly status?: number }
  | { readonly kind: PlainFault }

type PlainFault =
  | 'refused'
  | 'reset-before'
  | 'reset-after'
  | 'truncated-body'
  | 'endless-body'
  | 'wrong-content-type'
  | 'doubled-answer'
  | 'doubled-request'

/** By list: one for each call in order, and nothing afterwards. By rate: each with its share of the calls, 1 at most together. */
export type FaultPlan =
  | { readonly list: readonly (HttpFault | 'none')[] }
  | { readonly rates: readonly { readonly fault: HttpFault; readonly rate: number }[] }

export interface FaultDeps {
  readonly random: Random
  /** What latency waits on, and never-ending bodies. */
  readonly clock: Clock
}

export interface FaultyFetch {
  (...asked: Parameters<Fetch>): ReturnType<Fetch>
  /** What became of each call, in order. */
  readonly injected: readonly (HttpFault['kind'] | 'none')[]
}

/**
 * A `fetch` whose calls go wrong as planned; the same seed and the same order of calls give the same faults.
 * @throws RangeError for rates and delays that can't be.
 */
export function withFaults(inner: Fetch, plan: FaultPlan, deps: FaultDeps): FaultyFetch {
  const next = chooserOf(plan, deps.random)
  const injected: (HttpFault['kind'] | 'none')[] = []
  const faulty: Fetch = async (input, init) => {
    const fault = next()
    injected.push(fault?.kind ?? 'none')
    const call = {
      inner,
      input,
      init,
      signal: init?.signal ?? (input instanceof Request ? input.signal : undefined),
    }
    return fault ? goWrong(fault, call, deps.clock) : inner(input, init)
  }
  return Object.assign(faulty, { injected })
}

function chooserOf(plan: FaultPlan, random: Random): () => HttpFault | undefined {
  if ('list' in plan) {
    for (const fault of plan.list) if (fault !== 'none') check(fault)
    let at = 0
    return () => {
      const fault = plan.list[at]
      at += 1
      return fault === 'none' ? undefined : fault
    }
  }
  for (const { fault, rate } of plan.rates) {
    check(fault)
    notNegative('rate', rate)
  }
  if (plan.rates.reduce((sum, { rate }) => sum + rate, 0) > 1)
    throw new RangeError('rates of faults must be 1 or less together')
  return () => {
    let left = random.fraction()
    for (const { fault, rate } of plan.rates) {
      if (left < rate) return fault
      left -= rate
    }
    return undefined
  }
}

function check(fault: HttpFault): void {
  if (fault.kind === 'latency') notNegative('delayMs', fault.delayMs)
  if (fault.kind === 'throttled' && typeof fault.retryAfterSeconds === 'number')
    notNegative('retryAfterSeconds', fault.retryAfterSeconds)
}

interface CallOf {
  readonly inner: Fetch
  readonly input: string | URL | Request
  readonly init: RequestInit | undefined
  readonly signal: AbortSignal | null | undefined
}

async function goWrong(fault: HttpFault, call: CallOf, clock: Clock): Promise<Response> {
  const { input, init, signal } = call
  const heard = (): Promise<Response> => call.inner(input, init)
  switch (fault.kind) {
    case 'latency':
      await clock.sleep(ms(fault.delayMs), signal ?? undefined)
      return heard()
    case 'refused':
      throw lostConnection('fetch failed', 'ECONNREFUSED')
    case 'reset-before':
      throw lostConnection('fetch failed')
    case 'reset-after':
      await (await heard()).body?.cancel()
      throw lostConnection('fetch failed')
    case 'throttled':
      return refusal(429, fault.retryAfterSeconds)
    case 'server-error':
      return refusal(fault.status ?? 500, null)
    case 'truncated-body':
      return truncated(await heard())
    case 'endless-body':
      return endless(await heard(), clock, signal ?? undefined)
    case 'wrong-content-type':
      return asPage(await heard())
    case 'doubled-answer':
      return doubled(await heard())
    case 'doubled-request':
      return heardTwice(call)
  }
}

/** Nobody's error in particular: what a proxy in between says. */
const refusal = (status: number, retryAfterSeconds: number | null = 1): Response =>
  new Response(`injected: ${status}`, {
    status,
    headers: {
      'content-type': 'text/plain',
      ...(retryAfterSeconds !== null && { 'retry-after': String(retryAfterSeconds) }),
    },
  })

/** The second answer is the one that is given. @throws TypeError for a stream, which can be sent once. */
async function heardTwice({ inner, input, init }: CallOf): Promise<Response> {
  if (init?.body instanceof ReadableStream) throw new TypeError('a streamed body can not be sent twice')
  const first = await inner(input instanceof Request ? input.clone() : input, init)
  await first.body?.cancel()
  return inner(input, init)
}
