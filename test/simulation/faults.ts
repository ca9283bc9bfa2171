import type { Random } from '#lib/primitives/random.ts'

/** What befalls one try of a call. */
export type Fault =
  | 'none'
  /** It never reaches the service. */
  | 'refused'
  | 'throttled'
  /** It takes effect, and its answer is lost. */
  | 'answer-lost'
  /** Nothing ever comes back; it may have taken effect. */
  | 'hang'
  /** The answer is lost, and the request takes effect only much later. */
  | 'late'

export interface FaultPlan {
  next(service: string, operation: string): Fault
  chance(of: number, name: string): boolean
  /** From here on nothing fails any more. */
  stop(): void
  readonly counts: ReadonlyMap<string, number>
}

interface Outage {
  readonly service: string
  readonly fromMs: number
  readonly untilMs: number
}

const kinds: readonly (readonly [Fault, number])[] = [
  ['refused', 0.02],
  ['throttled', 0.02],
  ['answer-lost', 0.03],
  ['hang', 0.01],
  ['late', 0.01],
]

/** Faults drawn from the seed: single ones at any call, and in some seeds a whole service that is down for a while. */
export function faultPlan(random: Random, nowMs: () => number): FaultPlan {
  const counts = new Map<string, number>()
  const startedAt = nowMs()
  const outages = drawOutages(random)
  let stopped = false
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  const isDown = (service: string): boolean => {
    const at = nowMs() - startedAt
    return outages.some((outage) => outage.service === service && at >= outage.fromMs && at < outage.untilMs)
  }
  return {
    next(service, operation) {
      if (stopped) return 'none'
      if (isDown(service)) {
        count(`${service} down`)
        return 'refused'
      }
      let draw = random.fraction()
      for (const [kind, share] of kinds) {
        if (draw < share) {
          count(`${operation.replace('Command', '')} ${kind}`)
          return kind
        }
        draw -= share
      }
      return 'none'
    },
    chance(of, name) {
      const hit = !stopped && random.fraction() < of
      if (hit) count(name)
      return hit
    },
    stop: () => {
      stopped = true
    },
    counts,
  }
}

function drawOutages(random: Random): Outage[] {
  return ['sqs', 's3', 'dynamodb', 'events'].flatMap((service) => {
    if (random.fraction() > 0.2) return []
    const fromMs = random.fraction() * 120_000
    return [{ service, fromMs, untilMs: fromMs + 10_000 + random.fraction() * 120_000 }]
  })
}
