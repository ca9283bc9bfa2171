/** One thing to time. `run` is called many times in a row; a returned promise is awaited. */
export interface Case {
  readonly name: string
  readonly run: () => unknown
}

export interface Timing {
  readonly name: string
  readonly microsPerRun: number
  /** Median over the rounds of (baseline time / own time): 1 is as fast as the baseline, 0.5 half as fast. */
  readonly speed: number
}

export interface Effort {
  /** Every case runs once per round, in a new random order. */
  readonly rounds: number
  /** How long one case runs within a round. */
  readonly sliceMs: number
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * Times every case against the first one. The cases are interleaved and the ratio is taken within each round, so that a
 * slow phase of the machine shifts all of them alike. Quote the ratios; the absolute times belong to one machine.
 */
export async function interleaved(cases: readonly Case[], effort: Effort): Promise<Timing[]> {
  const prepared = cases.map((entry) => ({ ...entry, times: [] as number[] }))
  const repeats = new Map<string, number>()
  for (const { name, run } of prepared) repeats.set(name, await repeatsFor(run, effort.sliceMs))
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const entry of shuffled(prepared)) {
      const count = repeats.get(entry.name) ?? 1
      entry.times.push((await elapsedMs(entry.run, count)) / count)
    }
  }
  const baseline = prepared[0]?.times ?? []
  return prepared.map(({ name, times }) => ({
    name,
    microsPerRun: median(times) * 1_000,
    speed: median(times.map((time, round) => (baseline[round] ?? Number.NaN) / time)),
  }))
}

async function repeatsFor(run: () => unknown, sliceMs: number): Promise<number> {
  let count = 1
  for (;;) {
    const ms = await elapsedMs(run, count)
    if (ms >= sliceMs / 4) return Math.max(1, Math.round((count * sliceMs) / ms))
    count *= 4
  }
}

async function elapsedMs(run: () => unknown, count: number): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < count; i += 1) {
    const result = run()
    if (result instanceof Promise) await result
  }
  return performance.now() - start
}

const shuffled = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => ({ value, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
