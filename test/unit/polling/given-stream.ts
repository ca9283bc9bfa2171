import type { BatchBuffer } from '#lib/buffer/enqueue.ts'
import { listingOf } from '#lib/polling/listing-of.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { runPoll, type PollOutcome, type RunPollDeps } from '#lib/polling/run-poll.ts'
import { epochMs, iso, ms, type Clock } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { Polls } from '#lib/providers/polls.ts'
import { simDynamo } from '#test/simulation/models/dynamodb.ts'
import type { Command } from '#test/simulation/models/model.ts'
import type { Change } from '#test/simulation/sync/history.ts'
import { answerTo } from '#test/simulation/sync/provider.ts'
import { api, interval, polled, type StreamKind } from '#test/simulation/sync/streams.ts'

/** What befalls one run of a poll. */
export interface Fate {
  /** How long a page takes: the list goes on changing meanwhile. */
  readonly pageMs?: number
  /** It is handed over after so many pages. */
  readonly pages?: number
  /** It dies at this call, to the table, the queue or the provider. */
  readonly diesAt?: { readonly call: number; readonly moment: 'before' | 'after' }
  /** The provider answers the page of this number with this status. */
  readonly refused?: { readonly page: number; readonly status: number }
  /** At this page it stands still for longer than its lease, and another runs from beginning to end. */
  readonly standsAt?: number
  /** The queue does not take these of each second batch. */
  readonly failed?: readonly number[]
}

export type Ended = PollOutcome['kind'] | 'died'

/** One list, what is known of it, and the time of the world. */
interface Scene {
  readonly kind: StreamKind
  readonly provider: string
  readonly history: readonly Change[]
  readonly aheadMs: number
  readonly table: ReturnType<typeof simDynamo>
  readonly queued: Set<string>
  readonly clock: Clock
  readonly run: (fate: Fate) => Promise<Ended>
  now: number
  forgottenBefore: number
}

const start = epochMs(1_780_000_000_000)
const random = seededRandom(1)

/** One poll of one list with this history, over a table that is a model. Time goes on by what is done. */
export async function givenStream(kind: StreamKind, history: readonly Change[], aheadMs = 0) {
  const provider = Object.keys(polled).find((each) => kind in (polled[each] ?? {})) ?? ''
  const ref = { connection: 'conn_1', stream: kind, tenant: 'acme', provider }
  const clock: Clock = {
    now: () => epochMs(scene.now),
    after: () => () => {},
    every: () => () => {},
    sleep: async (delay) => void (scene.now += delay),
  }
  const run = (fate: Fate): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const order = { ...ref, due: epochMs(scene.now + 1), urgent: true }
      const deps = depsOf(scene, fate, () => resolve('died'))
      runPoll(order, deps).then((outcome) => resolve(outcome.kind), reject)
    })
  const scene: Scene = {
    kind,
    provider,
    history,
    aheadMs,
    clock,
    run,
    table: simDynamo(['pk', 'sk']),
    queued: new Set(),
    now: start,
    forgottenBefore: 0,
  }
  const client = { send: async (command: Command) => scene.table.apply(command) } as never
  const polls = dynamoPolls({ client, table: 'polls', clock })
  const watermark = { text: iso(start), at: start }
  await polls.create({
    ...ref,
    endpoint: provider,
    phase: { every: 1, slot: 0 },
    watermark,
    createdAt: start,
  })
  return {
    queued: scene.queued,
    run,
    poll: () => polls.get(ref),
    wait: (forMs: number) => void (scene.now += forMs),
    /** Cursors and pages that were given out until now mean nothing any more. */
    forget: () => void (scene.forgottenBefore = scene.now),
    /** Reads until a reading that began after everything could be seen has come to its end. */
    async drain(): Promise<void> {
      scene.now = Math.max(scene.now, ...history.map(({ visibleAt }) => visibleAt))
      for (let done = 0, runs = 0; done < 2 && runs < 60; runs += 1) {
        scene.now += 130_000
        if ((await run({})) === 'done') done += 1
      }
    },
    /** What the list shows and no run has queued. */
    skipped: () =>
      history
        .filter(({ id, hiddenAt }) => !scene.queued.has(id) && (kind !== 'things' || hiddenAt === Infinity))
        .map(({ id }) => id),
  }
}

function depsOf(scene: Scene, fate: Fate, died: () => void): RunPollDeps {
  const { kind, provider, clock, table } = scene
  const call = calling(fate, died)
  const client = { send: (command: Command) => call(() => table.apply(command)) } as never
  const source = { ...listingOf({ id: provider, polls: polled[provider] as Polls }, kind), interval }
  let pages = 0
  return {
    polls: dynamoPolls({ client, table: 'polls', clock }),
    phases: dynamoPhases({ client, table: 'polls', clock }),
    jobs: { send: async () => {} },
    queue: queueOf(scene, fate, call),
    objects: { put: async () => {} },
    clock,
    random,
    sourceOf: () => source,
    clientOf: () => ({
      provider,
      api,
      clock,
      random,
      fetch: async (input) => {
        pages += 1
        scene.now += fate.pageMs ?? 200
        if (fate.standsAt === pages) {
          scene.now += 130_000
          await scene.run({})
        }
        if (fate.refused?.page === pages) return new Response('{}', { status: fate.refused.status })
        return call(() => answered(scene, input as string))
      },
    }),
    endpointOf: ({ endpoint }) => endpoint,
    hasWebhooks: () => false,
    remainingMs: () => ms(fate.pages !== undefined && pages >= fate.pages ? 1_000 : 120_000),
    log: () => {},
    metrics: { count: () => {}, measure: () => {} },
  }
}

type Call = <T>(effect: () => T) => Promise<T>

/** Counts the calls of one run: at one of them it dies, and what it awaits then never comes. */
function calling({ diesAt }: Fate, died: () => void): Call {
  let calls = 0
  return async (effect) => {
    calls += 1
    if (diesAt && calls >= diesAt.call) {
      if (diesAt.moment === 'after' && calls === diesAt.call) effect()
      died()
      await new Promise(() => {})
    }
    return effect()
  }
}

function queueOf({ queued }: Scene, { failed: refused = [] }: Fate, call: Call): BatchBuffer {
  let batches = 0
  return {
    sendMany: (envelopes) =>
      call(() => {
        batches += 1
        const failed = batches % 2 === 0 ? [] : refused.filter((index) => index < envelopes.length)
        for (const [index, { deliveryKey }] of envelopes.entries())
          if (!failed.includes(index)) queued.add(deliveryKey.split('|').at(-1) ?? '')
        return { failed }
      }),
  }
}

function answered({ history, now, forgottenBefore, aheadMs }: Scene, target: string): Response {
  const { status, body } = answerTo({ history, now, forgottenBefore }, target)
  return new Response(body, { status, headers: { date: new Date(now + aheadMs).toUTCString() } })
}
