import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { BatchBuffer } from '#lib/buffer/enqueue.ts'
import type { Envelope } from '#lib/buffer/envelope.ts'
import type { ListedPage, ListingFrom, PolledItem } from '#lib/polling/listing.ts'
import { dynamoPhases } from '#lib/polling/phases.dynamo.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import type { PollJob } from '#lib/polling/poll-jobs.ts'
import type { NewPoll, Poll } from '#lib/polling/poll-state.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import type { RunPollDeps } from '#lib/polling/run-poll.ts'
import { epochMs, iso, minutes, ms, type EpochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

type Command = { readonly constructor: { readonly name: string }; readonly input: object }

/** What a test makes of the listing: pages, or something that throws. */
export type Read = (from: ListingFrom) => AsyncIterable<ListedPage>

/** Answers that got lost: the write took effect, and the SDK's second try meets what the first has done. */
export function losing(client: Pick<DynamoDBClient, 'send'>, lose: (name: string) => boolean) {
  return {
    send: async (command: Command) => {
      if (command.constructor.name === 'UpdateItemCommand' && lose(JSON.stringify(command.input)))
        await client.send(command as never)
      return client.send(command as never)
    },
  } as unknown as Pick<DynamoDBClient, 'send'>
}

let made = 0

/** A poller over a shared table, its provider, queue and time in the test's hand. */
export function givenPolls(client: Pick<DynamoDBClient, 'send'>, seed = (made += 1)) {
  const clock = virtualClock()
  const queued: Envelope[] = []
  const sent: { jobs: readonly PollJob[]; delayMs: number }[] = []
  const counts: string[] = []
  const asked: ListingFrom[] = []
  const calls: string[] = []
  const refuse = { next: [] as (readonly number[])[], always: false }
  const counting = {
    send: async (command: Command) => {
      calls.push(command.constructor.name)
      return client.send(command as never)
    },
  } as unknown as Pick<DynamoDBClient, 'send'>
  const table = { client: counting, table: 'connections', clock }
  const queue: BatchBuffer = {
    async sendMany(envelopes) {
      const failed = refuse.always ? envelopes.map((_, index) => index) : (refuse.next.shift() ?? [])
      queued.push(...envelopes.filter((_, index) => !failed.includes(index)))
      return { failed }
    },
  }
  const state = { read: pages(), remainingMs: minutes(2) as number, hasWebhooks: false }
  const deps: RunPollDeps = {
    polls: dynamoPolls(table),
    phases: dynamoPhases(table),
    jobs: { send: async (jobs, { delayMs = ms(0) } = {}) => void sent.push({ jobs, delayMs }) },
    queue,
    objects: { put: async () => {} },
    clock,
    random: seededRandom(seed),
    sourceOf: () => ({
      interval: { floorMs: 60_000, usualMs: 300_000, ceilingMs: 3_600_000 },
      read: (from) => {
        asked.push(from)
        return state.read(from)
      },
    }),
    clientOf: ({ provider }) => ({
      provider,
      api: undefined,
      fetch: () => Promise.reject(new Error('nobody is called')),
      clock,
      random: seededRandom(1),
    }),
    endpointOf: ({ endpoint }) => endpoint,
    hasWebhooks: () => state.hasWebhooks,
    remainingMs: () => ms(state.remainingMs),
    log: () => {},
    metrics: { count: (name) => void counts.push(name), measure: () => {} },
  }
  return {
    clock,
    queued,
    sent,
    counts,
    asked,
    calls,
    refuse,
    state,
    deps,
    polls: deps.polls,
    phases: deps.phases,
  }
}

/** A poll of its own, as it is made. */
export async function givenPoll(
  { deps, clock }: ReturnType<typeof givenPolls>,
  changes: Partial<NewPoll> = {},
): Promise<Poll> {
  const id = { connection: `conn_${String((made += 1)).padStart(32, '0')}`, stream: 'events' }
  const watermark = timeAt(epochMs(clock.now() - 600_000))
  const poll: NewPoll = {
    ...id,
    tenant: 'acme',
    provider: 'sandbox',
    endpoint: 'sandbox',
    phase: phaseFor(id, 5),
    watermark,
    createdAt: clock.now(),
    ...changes,
  }
  await deps.phases.put(poll.phase, poll)
  await deps.polls.create(poll)
  return (await deps.polls.get(poll)) as Poll
}

export const timeAt = (at: EpochMs) => ({ text: iso(at), at })

export const orderFor = ({ tenant, provider, connection, stream }: Poll, due: EpochMs) => ({
  tenant,
  provider,
  connection,
  stream,
  due,
})

export const itemOf = (key: string, at?: EpochMs): PolledItem => ({
  bytes: Buffer.from(JSON.stringify({ id: key })),
  deliveryKey: key,
  type: 'thing',
  ...(at !== undefined && { occurredAt: at }),
})

/** A listing of these pages: what a place names goes on there. */
export function pages(...all: readonly ListedPage[]): Read {
  return async function* (from) {
    const start = from.place && 'params' in from.place ? Number(from.place.params['page']) : 0
    const rest = all.length === 0 ? [{ items: [] }] : all.slice(start)
    for (const page of rest) yield page
  }
}

export const placeAt = (page: number) => ({ params: { page: String(page) } })
