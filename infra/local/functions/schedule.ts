import type { FunctionPool } from './pool.ts'

export interface Schedule {
  readonly target: FunctionPool
  /** `rate(1 minute)`. */
  readonly expression: string
  /** JSON text: the event. */
  readonly input: string
}

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/**
 * Milliseconds between two starts.
 * @throws Error when the expression is no rate: nothing here reads cron lines so far.
 */
export function periodOf(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (!count || !unit)
    throw new Error(`the local stack does not know the schedule ${expression}; it knows rate(…)`)
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}

/**
 * Starts a function again and again; the function returned ends that. The first start is one period away.
 * @param mostMs what is rarer than this is started this often
 */
export function runSchedule({ target, expression, input }: Schedule, mostMs: number): () => void {
  const period = Math.min(periodOf(expression), mostMs)
  const timer = setInterval(() => void target.invoke(JSON.parse(input)), period)
  return () => clearInterval(timer)
}
