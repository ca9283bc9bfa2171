import { iso, elapsed, ms, seconds, type Clock } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'

/** Resolves when the dependency answers, throws when it does not. */
export type Probe = (signal: AbortSignal) => Promise<unknown>

type CheckStatus = 'healthy' | 'unhealthy' | 'unknown'

interface Check {
  /** `unknown`: no answer in time. That is not healthy. */
  readonly status: CheckStatus
  readonly latencyMs: number
  readonly checkedAt: string
}

export interface Health {
  readonly status: 'healthy' | 'unhealthy'
  readonly checks: Readonly<Record<string, Check>>
}

const probeTimeout = ms(1_500)
/** Anyone may ask; asking more often than this costs nothing. */
const freshFor = seconds(5)

/** Asks every dependency at once; everything must answer for the whole to be healthy. */
export function healthCheck(probes: Readonly<Record<string, Probe>>, clock: Clock): () => Promise<Health> {
  let latest: { readonly at: number; readonly health: Promise<Health> } | undefined
  return () => {
    const now = clock.now()
    if (!latest || now - latest.at >= freshFor) latest = { at: now, health: checkAll(probes, clock) }
    return latest.health
  }
}

async function checkAll(probes: Readonly<Record<string, Probe>>, clock: Clock): Promise<Health> {
  const results = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => [name, await check(probe, clock)] as const),
  )
  const healthy = results.length > 0 && results.every(([, { status }]) => status === 'healthy')
  return { status: healthy ? 'healthy' : 'unhealthy', checks: Object.fromEntries(results) }
}

async function check(probe: Probe, clock: Clock): Promise<Check> {
  const began = clock.now()
  const deadline = deadlineAfter(clock, probeTimeout)
  const status = await raceSignal(probe(deadline.signal), deadline.signal).then(
    (): CheckStatus => 'healthy',
    (): CheckStatus => (deadline.signal.aborted ? 'unknown' : 'unhealthy'),
  )
  deadline.end()
  const now = clock.now()
  return { status, latencyMs: elapsed(began, now), checkedAt: iso(now) }
}
