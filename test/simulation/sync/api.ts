import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { ms } from '#lib/primitives/clock.ts'
import type { Sandbox } from '../sandbox.ts'
import { answerTo } from './provider.ts'
import type { SimStream, SyncWorld } from './world.ts'

/** The provider's API as a poller reaches it: it throttles, fails, hangs, and forgets cursors. */
export interface SimApi {
  /** Requests that got an answer with items. */
  reads(): number
  fetchFor(stream: SimStream, box: Sandbox): Fetch
}

interface Stretch {
  readonly from: number
  readonly until: number
}

export function simApi(world: SyncWorld, troubledMs: number): SimApi {
  const { clock, random, faults } = world
  const startedAt = clock.now()
  const draw = (): number => startedAt + random.fraction() * troubledMs
  const stretches = (count: number, mostMs: number): readonly Stretch[] =>
    Array.from({ length: count }, () => draw()).map((from) => ({
      from,
      until: from + random.fraction() * mostMs,
    }))
  const throttled = stretches(3, 120_000)
  const down = stretches(1, 90_000)
  const forgotten = Array.from({ length: 4 }, () => draw())
  let reads = 0

  const trouble = (): Response | 'hangs' | 'breaks' | undefined => {
    const now = clock.now()
    const until = throttled.find((each) => now >= each.from && now < each.until)?.until
    if (until !== undefined && faults.chance(1, 'the provider throttles for a while'))
      return refused(429, Math.ceil((until - now) / 1_000))
    if (faults.chance(0.03, 'the provider throttles once'))
      return refused(429, 5 + Math.floor(random.fraction() * 25))
    const isDown = down.some((each) => now >= each.from && now < each.until)
    if (isDown && faults.chance(1, 'the provider is down')) return refused(503)
    if (faults.chance(0.02, 'the provider fails once')) return refused(503)
    if (faults.chance(0.02, 'a connection to the provider breaks')) return 'breaks'
    if (faults.chance(0.004, 'the provider hangs')) return 'hangs'
    return undefined
  }
  return {
    reads: () => reads,
    fetchFor: (stream, box) => async (input, init) => {
      box.count('before')
      await box.awake()
      await clock.sleep(ms(20 + random.fraction() * 300))
      const ill = trouble()
      const now = clock.now()
      const forgottenBefore = Math.max(0, ...forgotten.filter((at) => at <= now))
      const { status, body } = answerTo({ history: stream.history, now, forgottenBefore }, targetOf(input))
      if (status === 410 || status === 400) faults.chance(1, 'the provider has forgotten a cursor')
      // On its way back.
      await clock.sleep(ms(5 + random.fraction() * 50))
      box.count('after')
      await box.awake()
      init?.signal?.throwIfAborted()
      if (ill === 'hangs') return hanging(init?.signal)
      if (ill === 'breaks') throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' })
      if (ill) return ill
      reads += 1
      const headers = {
        'content-type': 'application/json',
        date: new Date(now + world.aheadMs).toUTCString(),
      }
      return new Response(body, { status, headers })
    },
  }
}

const targetOf = (input: string | URL | Request): string =>
  input instanceof Request ? input.url : typeof input === 'string' ? input : input.href

const refused = (status: number, retryAfter?: number): Response =>
  new Response('{}', {
    status,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
  })

const hanging = (signal: AbortSignal | null | undefined): Promise<never> =>
  new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
