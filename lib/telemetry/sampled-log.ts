import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from './log.ts'

/**
 * At most one line per `periodMs`; the next line says how many were held back. For what a stranger can cause at will:
 * log ingestion costs money too.
 */
export function sampledLog(log: Log, clock: Clock, periodMs: number): Log {
  let last: EpochMs | undefined
  let suppressed = 0
  return (level, message, fields = {}) => {
    const now = clock.now()
    if (last !== undefined && elapsed(last, now) < periodMs) {
      suppressed += 1
      return
    }
    log(level, message, suppressed > 0 ? { ...fields, suppressed } : fields)
    last = now
    suppressed = 0
  }
}
