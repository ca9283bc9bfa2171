import type { Envelope } from '#lib/buffer/envelope.ts'
import { polling } from '#lib/config/defaults.ts'
import type { PollChange } from '#lib/polling/poll-state.ts'
import { epochMs, iso, later } from '#lib/primitives/clock.ts'
import { overlapMs } from './streams.ts'
import type { SyncMutant } from './world.ts'

export const noSyncMutant: SyncMutant = { name: 'none', what: 'nothing is changed' }

export const syncMutants: readonly SyncMutant[] = [
  {
    name: 'M15',
    what: 'the watermark is the time of our own clock',
    poller: (deps) => {
      const toNow = (change: PollChange): PollChange => {
        const at = deps.clock.now()
        return change.watermark ? { ...change, watermark: { at, text: iso(at) } } : change
      }
      const { polls } = deps
      return {
        ...deps,
        polls: {
          ...polls,
          advance: (lease, change) => polls.advance(lease, toNow(change)),
          release: (lease, change) => polls.release(lease, toNow(change)),
        },
      }
    },
  },
  {
    name: 'M16',
    what: 'the watermark is saved before the events are queued',
    poller: (deps) => {
      const { polls, queue } = deps
      let held: readonly Envelope[] = []
      const flush = async (): Promise<void> => {
        const all = held
        held = []
        if (all.length > 0) await queue.sendMany(all, new AbortController().signal)
      }
      const after = async <T>(saved: Promise<T>): Promise<T> => {
        const answer = await saved
        await flush()
        return answer
      }
      return {
        ...deps,
        queue: {
          async sendMany(envelopes) {
            held = [...held, ...envelopes]
            return { failed: [] }
          },
        },
        polls: {
          ...polls,
          advance: (lease, change) => after(polls.advance(lease, change)),
          release: (lease, change) => after(polls.release(lease, change)),
        },
      }
    },
  },
  {
    name: 'M17',
    what: 'a list is read from after the watermark, without it and without an overlap',
    poller: (deps) => ({
      ...deps,
      sourceOf(poll) {
        const source = deps.sourceOf(poll)
        const since = poll.watermark?.at ?? 0
        return (
          source && {
            ...source,
            async *read(from, client, options) {
              for await (const page of source.read(from, client, options))
                yield { ...page, items: page.items.filter(({ occurredAt = Infinity }) => occurredAt > since) }
            },
          }
        )
      },
    }),
  },
  {
    name: 'M18',
    what: 'what a queue refuses inside an answer that says 200 is not looked at',
    poller: (deps) => ({
      ...deps,
      queue: {
        async sendMany(envelopes, signal) {
          const { failed, error } = await deps.queue.sendMany(envelopes, signal)
          return error === undefined ? { failed: [] } : { failed, error }
        },
      },
    }),
  },
  {
    name: 'expired-to-now',
    what: 'a cursor that was forgotten is replaced by one that begins now',
    poller: (deps) => ({
      ...deps,
      sourceOf(poll) {
        const source = deps.sourceOf(poll)
        const isLost = (cursor: unknown): boolean => cursor === undefined && poll.cursor !== undefined
        return (
          source && {
            ...source,
            read: (from, client, options) => source.read(isLost(from.cursor) ? {} : from, client, options),
          }
        )
      },
    }),
  },
  {
    name: 'half-overlap',
    what: 'only half of the overlap is read again',
    poller: (deps) => ({
      ...deps,
      sourceOf(poll) {
        const source = deps.sourceOf(poll)
        return (
          source && {
            ...source,
            read: ({ watermark, ...from }, client, options) => {
              const at = poll.watermark && epochMs(poll.watermark.at + overlapMs / 2)
              const moved = watermark === undefined || !at ? {} : { watermark: textOf(at, watermark) }
              return source.read({ ...from, ...moved }, client, options)
            },
          }
        )
      },
    }),
  },
  {
    name: 'late-is-missed',
    what: 'a webhook that comes after the poll is not noted',
    worker: (deps) => ({ ...deps, sightings: { ...deps.sightings, brought: async () => {} } }),
  },
  {
    name: 'judged-too-soon',
    what: 'what polls found is judged without the grace time',
    judge: (deps) => ({
      ...deps,
      clock: { ...deps.clock, now: () => later(deps.clock.now(), polling.graceMs) },
    }),
  },
]

/** In the format of the list that it is of. */
const textOf = (at: ReturnType<typeof epochMs>, like: string): string =>
  /^\d+$/.test(like) ? String(Math.floor(at / 1_000)) : iso(at)

export function findSyncMutant(name: string): SyncMutant {
  const mutant = [noSyncMutant, ...syncMutants].find((each) => each.name === name)
  if (!mutant)
    throw new Error(
      `there is no mutant ${name}; there are ${syncMutants.map((each) => each.name).join(', ')}`,
    )
  return mutant
}
