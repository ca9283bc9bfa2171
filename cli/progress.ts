import type { Io } from './io.ts'
import { counted, type Paint } from './text.ts'

/** A bar on standard error while work is under way; without a terminal only its notes are written. */
export interface Progress {
  advance(succeeded: boolean): void
  /** A line of its own, above the bar. */
  note(text: string): void
  end(): void
}

const width = 24
const redrawMs = 100

export interface Work {
  readonly total: number
  /** What is counted, in the singular. */
  readonly noun: string
}

export function progressOf({ err, terminal, clock }: Io, { total, noun }: Work, paint: Paint): Progress {
  const shown = terminal.errors && total > 1
  let done = 0
  let failed = 0
  let drawnAt = 0
  const clear = (): void => {
    if (shown) err('\r\u001B[K')
  }
  const draw = (): void => {
    if (!shown) return
    const full = Math.round((done / total) * width)
    const bar = paint('green', '█'.repeat(full)) + paint('dim', '░'.repeat(width - full))
    const bad = failed > 0 ? paint('red', `, ${failed} failed`) : ''
    err(`\r\u001B[K${bar} ${done}/${counted(total, noun)}${bad}`)
  }
  return {
    advance(succeeded) {
      done += 1
      if (!succeeded) failed += 1
      const now = clock.now()
      if (now - drawnAt < redrawMs) return
      drawnAt = now
      draw()
    },
    note(text) {
      clear()
      err(`${text}\n`)
      draw()
    },
    end: clear,
  }
}
