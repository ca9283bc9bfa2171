import type { Metrics } from '#lib/telemetry/metrics.ts'

export interface Noted extends Metrics {
  /** `CallMade stripe 1`, in the order in which they came. */
  readonly all: string[]
  /** The lengths that were measured under a name. */
  lengths(name: string): number[]
}

/** Metrics that remember everything. */
export function noted(): Noted {
  const all: string[] = []
  const measured: { readonly name: string; readonly lengthMs: number }[] = []
  return {
    all,
    lengths: (name) => measured.filter((each) => each.name === name).map(({ lengthMs }) => lengthMs),
    count: (name, { provider = '-', reason } = {}, value = 1) =>
      void all.push([name, provider, reason, value].filter((part) => part !== undefined).join(' ')),
    measure: (name, lengthMs, { provider = '-' } = {}) => {
      all.push(`${name} ${provider} ${lengthMs}`)
      measured.push({ name, lengthMs })
    },
  }
}
