import { execFileSync } from 'node:child_process'

export interface MemoryLog {
  /** MB of the process, once a second. */
  readonly samples: readonly number[]
  stop(): void
}

/** What a process keeps in memory, as the system counts it (resident set), sampled once a second. */
export function watchMemory(pid: number): MemoryLog {
  const samples: number[] = []
  const timer = setInterval(() => samples.push(residentMb(pid)), 1_000)
  return { samples, stop: () => clearInterval(timer) }
}

const residentMb = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / 1_024

/** MB a minute by which the second half of `samples` grows: the slope of the line that fits it best. */
export function growthPerMinute(samples: readonly number[]): number {
  const half = samples.slice(Math.floor(samples.length / 2))
  const middle = (half.length - 1) / 2
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length
  const rise = half.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0)
  const run = half.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  return run === 0 ? 0 : (rise / run) * 60
}
