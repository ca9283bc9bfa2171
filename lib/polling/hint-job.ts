import * as z from 'zod/mini'
import { epochMs, type EpochMs } from '../primitives/clock.ts'

/** "Look at these streams": what an event that is only a hint puts on the queue of polls. */
export interface HintJob {
  readonly v: 1
  readonly hint: {
    readonly tenant: string
    readonly provider: string
    readonly endpoint: string
    /** What the event says of its account. */
    readonly account?: string | undefined
    /** Names of polls. */
    readonly streams: readonly string[]
    /** When the event was received. */
    readonly at: EpochMs
  }
}

const name = z.string().check(z.minLength(1), z.maxLength(512))
const shape = z.object({
  v: z.literal(1),
  hint: z.object({
    tenant: name,
    provider: name,
    endpoint: name,
    account: z.optional(name),
    streams: z.array(name).check(z.maxLength(100)),
    at: z.number().check(z.int()),
  }),
})

/** `undefined` for a message that is no hint of this version. */
export function readHintJob(message: string): HintJob | undefined {
  try {
    const read = shape.safeParse(JSON.parse(message))
    if (!read.success) return undefined
    const { hint } = read.data
    return { v: 1, hint: { ...hint, at: epochMs(hint.at) } }
  } catch {
    return undefined
  }
}
