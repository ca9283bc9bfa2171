import { hashTuple } from '../primitives/bytes.ts'
import { later, type EpochMs } from '../primitives/clock.ts'
import { intervalClasses, type IntervalClass, type Phase, type PollId } from './poll-state.ts'

const minuteMs = 60_000

/** Minutes since 1970. */
export const minuteOf = (instant: EpochMs): number => Math.floor(instant / minuteMs)

/** The slot of a poll in a class: by its hash, so that polls that were made together are not due together. */
export const phaseFor = ({ connection, stream }: PollId, every: IntervalClass): Phase => ({
  every,
  slot: hashTuple('phase', connection, stream).readUInt32BE(0) % every,
})

/** `15#7` */
export const phaseText = ({ every, slot }: Phase): string => `${every}#${slot}`

/** `undefined` for what is no phase. */
export function phaseOf(text: string): Phase | undefined {
  const [, every, slot] = /^(\d{1,4})#(\d{1,4})$/.exec(text) ?? []
  const found = intervalClasses.find((each) => each === Number(every))
  return found !== undefined && Number(slot) < found ? { every: found, slot: Number(slot) } : undefined
}

/** Every phase whose turn was in one of the minutes from `first` to `last`, each once. */
export function phasesIn(first: number, last: number): readonly Phase[] {
  return intervalClasses.flatMap((every) =>
    Array.from({ length: Math.min(every, last - first + 1) }, (_, step) => ({
      every,
      slot: (last - step) % every,
    })),
  )
}

/** When the next turn of a phase begins, after `now`. */
export function nextTurn({ every, slot }: Phase, now: EpochMs): EpochMs {
  const minute = minuteOf(now)
  const ahead = (((slot - minute) % every) + every) % every || every
  return later((minute * minuteMs) as EpochMs, ahead * minuteMs)
}

/** The slowest class that is not slower than `milliseconds`, or the fastest. */
export const classWithin = (milliseconds: number): IntervalClass =>
  intervalClasses.findLast((every) => every * minuteMs <= milliseconds) ?? intervalClasses[0]

/** The fastest class that is not faster than `milliseconds`, or the slowest. */
export const classOver = (milliseconds: number): IntervalClass =>
  intervalClasses.find((every) => every * minuteMs >= milliseconds) ?? intervalClasses[5]
