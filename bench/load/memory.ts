import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

export interface MemoryLog {
  /** MB of the process, once a second. */
  readonly samples: readonly number[]
  stop(): void
}

/**
 * What a process keeps in memory, sampled once a second: without the files that it has mapped where the system tells them apart
 * (Linux), for those are the tables on the disk, which grow with what is in them.
 */
export function watchMemory(pid: number): MemoryLog {
  const samples: number[] = []
  const timer = setInterval(() => samples.push(residentMb(pid)), 1_000)
  return { samples, stop: () => clearInterval(timer) }
}

function residentMb(pid: number): number {
  const status = `/proc/${pid}/status`
  const own = existsSync(status) && /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'))
  if (own) return Number(own[1]) / 1_024
  const all = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(all.trim()) / 1_024
}

/** MB a minute by which the second half of `samples` grows: the slope of the line that fits it best. */
export function growthPerMinute(samples: readonly number[]): number {
  const half = samples.slice(Math.floor(samples.length / 2))
  const middle = (half.length - 1) / 2
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length
  const rise = half.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0)
  const run = half.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  return run === 0 ? 0 : (rise / run) * 60
}
