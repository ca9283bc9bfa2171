import { decodeEnvelope, encodeEnvelope, type Envelope } from '#lib/buffer/envelope.ts'
import type { PacedBuffer } from '#lib/buffer/paced-buffer.ts'
import { token128, type Random } from '#lib/primitives/random.ts'

/** A fault planted in the replayer, to see that it is noticed. */
export interface ReplayMutant {
  readonly name: string
  readonly what: string
  /** The event as this replayer sends it. */
  readonly event?: (envelope: Envelope, random: Random) => Envelope
}

export const noReplayMutant: ReplayMutant = { name: 'none', what: 'nothing is wrong' }

export const replayMutants: readonly ReplayMutant[] = [
  {
    name: 'copies-by-chance',
    what: 'a forced replay names its copies by chance, so that a page that is sent twice makes two',
    event: (envelope, random) =>
      envelope.replayOf === undefined
        ? envelope
        : { ...envelope, id: `evt_${token128(random).padEnd(32, '0')}` },
  },
  {
    name: 'revives-nothing',
    what: 'a redrive does not say which death it undoes',
    event: ({ redrive: _redrive, redriveBy: _by, ...envelope }) => envelope,
  },
]

export function findReplayMutant(name: string): ReplayMutant {
  const found = [noReplayMutant, ...replayMutants].find((mutant) => mutant.name === name)
  if (!found) throw new Error(`there is no mutant ${name}`)
  return found
}

export const mutated = (buffer: PacedBuffer, { event }: ReplayMutant, random: Random): PacedBuffer => ({
  sendPaced: (messages, signal) =>
    buffer.sendPaced(
      event
        ? messages.map((message) => ({
            ...message,
            text: encodeEnvelope(event(decodeEnvelope(message.text), random)),
          }))
        : messages,
      signal,
    ),
})
