import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { BatchBuffer } from '#lib/buffer/enqueue.ts'
import type { Envelope } from '#lib/buffer/envelope.ts'
import type { Backfills } from '#lib/polling/backfill.ts'
import type { BackfillJob, BackfillJobs } from '#lib/polling/backfill-jobs.ts'
import { runBackfill, type RunBackfillDeps, type SliceOutcome } from '#lib/polling/backfill-run.ts'
import { backfillSource } from '#lib/polling/backfill-source.ts'
import { dynamoBackfills } from '#lib/polling/backfills.dynamo.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { epochMs, iso, later, minutes, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let made = 0

const providerOf = (id: string): Provider => {
  const provider = findProvider(id)
  if (!provider) throw new Error(`there is no provider ${id}`)
  return provider
}

/** A poll of a stream as it stands in the table. */
export function givenPollOf(provider: string, stream: string, createdAt = epochMs(1_780_000_000_000)): Poll {
  const id = { connection: `conn_${String((made += 1)).padStart(32, '0')}`, stream }
  return {
    ...id,
    tenant: 'acme',
    provider,
    endpoint: provider,
    state: 'active',
    phase: phaseFor(id, 5),
    version: 0,
    fence: 0,
    leaseUntil: epochMs(0),
    createdAt,
    lastRunAt: epochMs(0),
    failures: 0,
    streak: 0,
    found: 0,
    missed: 0,
  }
}

interface Message {
  readonly job: BackfillJob
  readonly at: number
}

/** A provider's API, by the address that is asked for. */
export type Answer = (url: URL) => { readonly status?: number; readonly body: unknown }

/** A backfiller over a table, with its provider, queues and time in the test's hand. */
export function givenBackfill(client: Pick<DynamoDBClient, 'send'>, table = 'backfills') {
  const clock = virtualClock()
  const queue: Message[] = []
  const envelopes: Envelope[] = []
  const asked: URL[] = []
  const counts: string[] = []
  const state = {
    answer: (() => ({ body: {} })) as Answer,
    remainingMs: minutes(2) as number,
    refuse: false,
    beforePage: undefined as (() => Promise<unknown>) | undefined,
  }
  const events: BatchBuffer = {
    async sendMany(sent) {
      if (state.refuse) return { failed: sent.map((_, index) => index) }
      envelopes.push(...sent)
      return { failed: [] }
    },
  }
  const jobs: BackfillJobs = {
    send: async (job, delayMs = ms(0)) => void queue.push({ job, at: clock.now() + delayMs }),
  }
  const backfills: Backfills = dynamoBackfills({ client, table })
  const deps: RunBackfillDeps = {
    backfills,
    jobs,
    queue: events,
    objects: { put: async () => {} },
    clock,
    random: seededRandom((made += 1)),
    sourceOf: ({ provider, stream }) => backfillSource(providerOf(provider), stream),
    clientOf: ({ provider }) => ({
      provider,
      api: providerOf(provider).api,
      clock,
      random: seededRandom(1),
      fetch: async (input) => {
        const url = new URL(input instanceof Request ? input.url : input, 'https://api.example')
        await state.beforePage?.()
        asked.push(url)
        const { status = 200, body } = state.answer(url)
        const response = new Response(JSON.stringify(body), { status })
        Object.defineProperty(response, 'url', { value: url.href })
        return response
      },
    }),
    remainingMs: () => ms(state.remainingMs),
    log: () => {},
    metrics: { count: (name) => void counts.push(name), measure: () => {} },
  }
  /** Hands over what is due, the earliest first; moves time where nothing is; a message whose handling fails comes back. */
  const work = async (limit = 1_000, run = runBackfill): Promise<SliceOutcome[]> => {
    const outcomes: SliceOutcome[] = []
    for (let turn = 0; queue.length > 0 && turn < limit; turn += 1) {
      const next = queue.toSorted((a, b) => a.at - b.at)[0] as Message
      if (next.at > clock.now()) await clock.advance(next.at - clock.now())
      queue.splice(queue.indexOf(next), 1)
      try {
        outcomes.push(await run(next.job, deps))
      } catch {
        queue.push({ ...next, at: clock.now() + 180_000 })
      }
    }
    return outcomes
  }
  return { clock, queue, envelopes, asked, counts, state, deps, jobs, backfills, work }
}

/** Orders of LeafLink by the time of their last change, newest last; its list tells how many there are. */
export function leaflinkOrders(count: number, start: number, stepMs = 60_000) {
  return Array.from({ length: count }, (_, n) => ({
    number: `order-${n}`,
    modified: iso(later(epochMs(start), n * stepMs)),
  }))
}
