import { ms } from '#lib/primitives/clock.ts'
import type { HandlerContext, SluiceEvent } from '#lib/processing/handler.ts'
import type { Watch } from './invariants.ts'
import type { Sandbox } from './sandbox.ts'
import type { World } from './world.ts'

/** How the user's code behaves for one event. */
export type Temper = 'fine' | 'flaky' | 'poison' | 'slow' | 'hangs' | 'crashes' | 'crashes always'

const tempers: readonly (readonly [Temper, number])[] = [
  ['flaky', 0.12],
  ['poison', 0.06],
  ['slow', 0.06],
  ['hangs', 0.04],
  ['crashes', 0.04],
  ['crashes always', 0.02],
]

export interface SimHandler {
  run(event: SluiceEvent, context: HandlerContext, box: Sandbox): Promise<void>
  /** From here on everything succeeds. */
  mend(): void
}

/** The user's handler, and the ledger of its effects. Its temper depends on the event alone, so that a retry meets it again. */
export function handlerOf(world: World, seen: Watch, sent: ReadonlyMap<string, string>): SimHandler {
  const temperOf = new Map<string, Temper>()
  let mended = false
  const temper = (id: string): Temper => {
    const known = temperOf.get(id) ?? drawTemper(world)
    temperOf.set(id, known)
    return known
  }
  return {
    mend: () => {
      mended = true
    },
    async run(_event, context, box) {
      const { idempotencyKey: id, attempt, fence, rawBody } = context
      let over = false
      const isLive = (): boolean => !over && !box.killed && !box.paused && !context.signal.aborted
      seen.handlerStarts({ id, fence, rawBody, expected: sent.get(id), isLive })
      try {
        await behave(id, attempt, box)
        seen.handlerSucceeds(id)
      } finally {
        over = true
      }
    },
  }

  async function behave(id: string, attempt: number, box: Sandbox): Promise<void> {
    const mood = mended ? 'fine' : temper(id)
    await world.clock.sleep(ms(world.random.fraction() * 40))
    await box.awake()
    if (mood === 'poison' || (mood === 'flaky' && attempt <= 2)) throw new Error('the books are closed')
    if (mood === 'slow') await box.clock.sleep(ms(5_000))
    if (mood === 'hangs' && attempt <= 2) await new Promise(() => {})
    if (mood === 'crashes always' || (mood === 'crashes' && attempt === 1)) {
      box.kill()
      await new Promise(() => {})
    }
  }
}

function drawTemper(world: World): Temper {
  let draw = world.random.fraction()
  for (const [temper, share] of tempers) {
    if (draw < share) return temper
    draw -= share
  }
  return 'fine'
}
