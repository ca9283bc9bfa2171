import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { decodeEnvelope, type Envelope } from '#lib/buffer/envelope.ts'
import { dynamoWalk } from '#lib/idempotency/walk.dynamo.ts'
import { minutes, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import type { ReplayJob, ReplayJobs } from '#lib/processing/replay-jobs.ts'
import { runReplay, type RunReplayDeps, type SliceOutcome } from '#lib/processing/replay-run.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import type { GivenAdmin } from './given-admin.ts'
import type { VirtualClock } from './virtual-clock.ts'

interface Message {
  readonly job: ReplayJob
  readonly at: number
}

/** What the bulk queue took: the event, and when a worker may have it. */
export interface Queued {
  readonly envelope: Envelope
  readonly at: number
}

/** Replays over the Ledger of `admin`, with queues and time in the test's hand. */
export function givenReplays(admin: GivenAdmin, client: Pick<DynamoDBClient, 'send'>, clock: VirtualClock) {
  const queue: Message[] = []
  const bulk: Queued[] = []
  const calls: string[] = []
  const state = {
    remainingMs: minutes(2) as number,
    /** Asked before each send to the bulk queue: what it throws is thrown, what it answers is how many are taken. */
    beforeSend: undefined as ((count: number) => number | undefined) | undefined,
    afterSend: undefined as (() => Promise<unknown>) | undefined,
  }
  const counting = {
    send: (command: { readonly constructor: { readonly name: string } }, ...rest: readonly unknown[]) => {
      calls.push(command.constructor.name)
      return (client.send as (...all: readonly unknown[]) => Promise<unknown>)(command, ...rest)
    },
  } as Pick<DynamoDBClient, 'send'>
  const jobs: ReplayJobs = {
    send: async (job, delayMs = ms(0)) => void queue.push({ job, at: clock.now() + delayMs }),
  }
  const deps: RunReplayDeps = {
    replays: dynamoReplays({ client: counting, table: admin.controlTable }),
    jobs,
    walk: dynamoWalk({ client: counting, table: admin.ledgerTable, clock }),
    bulk: {
      async sendPaced(messages) {
        const taken = state.beforeSend?.(messages.length) ?? messages.length
        for (const { text, delayMs } of messages.slice(0, taken))
          bulk.push({ envelope: decodeEnvelope(text), at: clock.now() + delayMs })
        await state.afterSend?.()
        return { failed: messages.flatMap((_, index) => (index < taken ? [] : [index])) }
      },
    },
    objects: admin.deps.objects,
    declaration: (provider) => findProvider(provider)?.webhooks,
    clock,
    random: seededRandom(11),
    remainingMs: () => ms(state.remainingMs),
    log: () => {},
    metrics: { count: () => {}, measure: () => {} },
  }
  /** Hands over what is due, the earliest first; moves time where nothing is; a message whose handling fails comes back. */
  const work = async (limit = 1_000): Promise<SliceOutcome[]> => {
    const outcomes: SliceOutcome[] = []
    for (let turn = 0; queue.length > 0 && turn < limit; turn += 1) {
      const next = queue.toSorted((a, b) => a.at - b.at)[0] as Message
      if (next.at > clock.now()) await clock.advance(next.at - clock.now())
      queue.splice(queue.indexOf(next), 1)
      try {
        outcomes.push(await runReplay(next.job, deps))
      } catch {
        queue.push({ ...next, at: clock.now() + 180_000 })
      }
    }
    return outcomes
  }
  return { queue, bulk, calls, state, deps, work, replays: deps.replays }
}
