import { seconds } from '../primitives/clock.ts'

/** Polls that are asked for before their turn, and subscriptions. */
export const asking = {
  /** Hints of one burst come together in this time, so that the first look is after all of them and the others need none. */
  gatherMs: seconds(2),
  /** A poll that a hint asks for while another runs it comes again after this. */
  againMs: seconds(15),
  /** A poll that is held waits at least this: another is just finding out whether the provider is well. */
  heldMs: seconds(5),
  /** Subscriptions that one tick puts on the queue, at most; what is left is the next one's. */
  keptPerTick: 200,
} as const
