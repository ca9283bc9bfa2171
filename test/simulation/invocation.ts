import type { Context } from 'aws-lambda'
import { ms, type Millis } from '#lib/primitives/clock.ts'
import type { Sandbox } from './sandbox.ts'
import type { World } from './world.ts'

export interface Invocation {
  readonly context: Context
  readonly isOver: () => boolean
  /** Tells `ended`, once, however often it ends. */
  readonly end: () => void
}

/** Lambda ends an invocation at its timeout, and with it the sandbox; one that stands still is not seen to overrun. */
export function invocation(
  box: Sandbox,
  clock: World['clock'],
  timeoutMs: Millis,
  ended: () => void,
): Invocation {
  const startedAt = clock.now()
  let over = false
  const end = (): void => {
    if (!over) ended()
    over = true
  }
  clock.after(timeoutMs, () => {
    if (over || box.paused) return
    box.kill()
    end()
  })
  clock.after(ms(3 * timeoutMs), end)
  const context = { getRemainingTimeInMillis: () => timeoutMs - (clock.now() - startedAt) } as Context
  return { context, isOver: () => over, end }
}
