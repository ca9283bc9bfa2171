import { elapsed, ms, seconds } from '#lib/primitives/clock.ts'
import type { Io } from './io.ts'
import type { Progress } from './progress.ts'

/** Between two looks. */
const look = seconds(2)
/** The refresher looks each minute. When nothing has moved for three, something is wrong. */
const patience = seconds(180)

/**
 * Waits for each in turn, as long as something moves; answers those that are not done then. What the refresher does is
 * done in about the order in which it was asked for, so one look follows another only where there is something to wait for.
 */
export async function untilDone<Item>(
  items: readonly Item[],
  isDone: (item: Item) => Promise<boolean>,
  { io, progress }: { readonly io: Io; readonly progress: Progress },
): Promise<readonly Item[]> {
  const left: Item[] = []
  let movedAt = io.clock.now()
  for (const item of items) {
    let done = await isDone(item)
    while (!done && elapsed(movedAt, io.clock.now()) < patience) {
      await io.clock.sleep(ms(look), io.signal)
      done = await isDone(item)
    }
    if (done) movedAt = io.clock.now()
    else left.push(item)
    progress.advance(done)
  }
  return left
}
