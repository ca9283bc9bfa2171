import * as z from 'zod/mini'
import type { Millis } from '../primitives/clock.ts'
import type { BackfillId } from './backfill.ts'

/** "Read the next slice": what waits on the queue of a backfill. */
export interface BackfillJob extends BackfillId {
  readonly v: 1
  /** The slice that it is for. Of a backfill that is further by now it says nothing any more. */
  readonly slice: number
}

/** Where slices wait, apart from the polls. */
export interface BackfillJobs {
  /**
   * Resolves once it is stored. `delayMs`: nobody is handed it before, 15 minutes at most.
   * @throws SluiceError `BUFFER_UNAVAILABLE`
   */
  send(job: BackfillJob, delayMs?: Millis): Promise<void>
}

export const jobOf = ({ connection, stream, id }: BackfillId, slice: number): BackfillJob => ({
  v: 1,
  connection,
  stream,
  id,
  slice,
})

const shape = z.object({
  v: z.literal(1),
  connection: z.string().check(z.minLength(1), z.maxLength(128)),
  stream: z.string().check(z.minLength(1), z.maxLength(1_024)),
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  slice: z.number().check(z.int()),
})

/** `undefined` for a message that is no job of this version. */
export function readBackfillJob(message: string): BackfillJob | undefined {
  try {
    const read = shape.safeParse(JSON.parse(message))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
