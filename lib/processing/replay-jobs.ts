import * as z from 'zod/mini'
import type { Millis } from '../primitives/clock.ts'
import type { Replay } from './replays.ts'

/** "Send the next slice": what waits on the queue of replays. */
export interface ReplayJob {
  readonly v: 1
  readonly replay: string
  /** The slice that it is for. Of a replay that is further by now it says nothing any more. */
  readonly slice: number
}

/** Where slices wait. */
export interface ReplayJobs {
  /**
   * Resolves once it is stored. `delayMs`: nobody is handed it before, 15 minutes at most.
   * @throws SluiceError `BUFFER_UNAVAILABLE`
   */
  send(job: ReplayJob, delayMs?: Millis): Promise<void>
}

export const jobOf = ({ id }: Pick<Replay, 'id'>, slice: number): ReplayJob => ({ v: 1, replay: id, slice })

const shape = z.object({
  v: z.literal(1),
  replay: z.string().check(z.minLength(1), z.maxLength(64)),
  slice: z.number().check(z.int()),
})

/** `undefined` for a message that is no job of this version. */
export function readReplayJob(message: string): ReplayJob | undefined {
  try {
    const read = shape.safeParse(JSON.parse(message))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
