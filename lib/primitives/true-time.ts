import type { Clock, EpochMs } from './clock.ts'
import type { Span } from './time-slots.ts'

/** The true time as far as this machine can know it, however wrong its own clock is. */
export interface TrueTime {
  now(): Span
  /**
   * Learns from an answer that carried its server's time, cut to whole seconds: at some moment between the two readings
   * of the own clock it was that second.
   */
  learn(answer: { readonly sentAt: EpochMs; readonly receivedAt: EpochMs; readonly second: EpochMs }): void
}

/** How far the clocks of the servers may be apart. */
const serverErrorMs = 5
/** Clocks run at most this much too fast or too slow. */
const drift = 200e-6

/** Every answer narrows what is known; a contradiction means that the own clock was set, and starts anew. */
export function trueTime(clock: Clock, maxSkewMs = 30_000): TrueTime {
  const unknown = { least: -maxSkewMs, most: maxSkewMs }
  let offset = unknown
  let learnedAt = clock.now()
  const aged = (at: EpochMs) => {
    const wear = Math.max(0, at - learnedAt) * drift
    return offset === unknown ? unknown : { least: offset.least - wear, most: offset.most + wear }
  }
  return {
    now() {
      const own = clock.now()
      const { least, most } = aged(own)
      return { earliest: own + least, latest: own + most }
    },
    learn({ sentAt, receivedAt, second }) {
      const said = {
        least: second - receivedAt - serverErrorMs,
        most: second + 1_000 - sentAt + serverErrorMs,
      }
      const held = offset === unknown ? said : aged(receivedAt)
      const both = { least: Math.max(held.least, said.least), most: Math.min(held.most, said.most) }
      offset = both.least <= both.most ? both : said
      learnedAt = receivedAt
    },
  }
}
