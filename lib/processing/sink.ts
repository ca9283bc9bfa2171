import type { HandlerContext, SluiceEvent } from './handler.ts'

/** The bus's name among the sinks: no handler has it, or a retry would take one for the other. */
export const busSink = 'bus'

/** Somewhere an event takes effect: a user's handler, or a destination. */
export interface Sink {
  /** Remembered once it has succeeded, so that a retry of the event skips it. Unique among the sinks of a deployment. */
  readonly name: string
  wants(event: SluiceEvent): boolean
  /** Resolves when the effect is done; anything thrown means that the event is tried again. */
  deliver(event: SluiceEvent, context: HandlerContext): Promise<void>
}
