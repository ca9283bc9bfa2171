import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { withReplays } from '#functions/sweeper/replays.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import type { PacedBuffer } from '#lib/buffer/paced-buffer.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { toRecord } from '#lib/idempotency/record.dynamo.ts'
import type { Walk } from '#lib/idempotency/walk.ts'
import { ms } from '#lib/primitives/clock.ts'
import { dynamoReplays } from '#lib/processing/replays.dynamo.ts'
import type { ReplayJobs } from '#lib/processing/replay-jobs.ts'
import type { RunReplayDeps } from '#lib/processing/replay-run.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { simClient, type SimClient } from '../client.ts'
import type { SimDynamo } from '../models/dynamodb.ts'
import type { Received, SimSqs } from '../models/sqs.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import { urls, type World } from '../world.ts'
import { mutated, type ReplayMutant } from './mutants.ts'

export const jobsUrl = 'https://sqs/1/replays'
const timeoutMs = 50_000

export interface Parts {
  readonly world: World
  readonly control: SimDynamo
  readonly jobs: SimSqs
  readonly mutant: ReplayMutant
}

/** The function that replays, as a sandbox has it. */
export function depsIn(box: Sandbox, { world, control, jobs, mutant }: Parts): RunReplayDeps {
  const client = (service: 'sqs' | 's3' | 'dynamodb', model: SimSqs | SimDynamo | World['s3']) =>
    simClient({ service, model, maxAttempts: 3, requestTimeoutMs: 2_000 }, box, world)
  const bulk = client('sqs', world.sqs)
  const queue = client('sqs', jobs)
  return {
    clock: box.clock,
    random: box.random,
    log: silentLog,
    metrics: { count: () => {}, measure: () => {} },
    objects: s3Objects({
      open: async () => ({ client: client('s3', world.s3) as never, sdk: s3Sdk }),
      bucket: 'bucket',
    }),
    declaration: () => undefined,
    replays: dynamoReplays({ client: client('dynamodb', control) as never, table: 'control' }),
    jobs: jobsOn(queue),
    walk: walkOver(world, box),
    bulk: mutated(bufferOn(bulk), mutant, box.random),
    remainingMs: () => ms(timeoutMs),
  }
}

const jobsOn = (client: SimClient): ReplayJobs => ({
  async send(job, delayMs = ms(0)) {
    const DelaySeconds = Math.ceil(delayMs / 1_000)
    await client
      .send(new SendMessageCommand({ QueueUrl: jobsUrl, MessageBody: JSON.stringify(job), DelaySeconds }))
      .catch((cause: unknown) => {
        throw new SluiceError('BUFFER_UNAVAILABLE', 'the queue of slices', { cause })
      })
  },
})

const bufferOn = (client: SimClient): PacedBuffer => ({
  async sendPaced(messages) {
    const failed: number[] = []
    for (const [index, { text, delayMs }] of messages.entries()) {
      const DelaySeconds = Math.ceil(delayMs / 1_000)
      const command = new SendMessageCommand({ QueueUrl: urls.bulk, MessageBody: text, DelaySeconds })
      await client.send(command).catch(() => void failed.push(index))
    }
    return { failed }
  },
})

/** The index by time, in pages of three: each look is a call that can fail, or be the last one of its sandbox. */
const walkOver = (world: World, box: Sandbox): Pick<Walk, 'whole'> => ({
  async whole({ since, until, after = '', limit }) {
    box.count('before')
    await box.awake()
    await world.clock.sleep(ms(1 + world.random.fraction() * 30))
    if (world.faults.chance(0.05, 'the index does not answer'))
      throw new SluiceError('LEDGER_UNAVAILABLE', 'no answer')
    box.count('after')
    await box.awake()
    const low = after === '' ? String(since).padStart(13, '0') : after
    const all = [...world.ledger.items.values()]
      .map(toRecord)
      .filter(({ at, receivedAt }) => at > low && receivedAt < until)
      .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    const records = all.slice(0, Math.min(3, limit))
    const next = records.length < all.length ? records.at(-1)?.at : undefined
    return { records, ...(next !== undefined && { next }) }
  },
})

/** The queue of slices and the function behind it, some of whose starts die in the middle. */
export function startReplayer(parts: Parts): { readonly idle: () => boolean } {
  const { world, jobs } = parts
  let busy = 0
  world.clock.every(ms(500), () => {
    if (busy >= 2 || jobs.visible(jobsUrl) === 0) return
    const command = new ReceiveMessageCommand({ QueueUrl: jobsUrl, MaxNumberOfMessages: 1 })
    const { Messages } = jobs.apply(command) as { Messages: readonly Received[] }
    const [message] = Messages
    if (message) void start(message)
  })
  return { idle: () => busy === 0 && jobs.bodies().length === 0 }

  async function start({ MessageId, ReceiptHandle, Body }: Received): Promise<void> {
    const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), 0)
    const call = 1 + Math.floor(world.random.fraction() * 20)
    if (world.faults.chance(0.25, 'a replayer dies before a call')) box.dieAtCall(call, 'before')
    else if (world.faults.chance(0.25, 'a replayer dies after a call')) box.dieAtCall(call, 'after')
    busy += 1
    let over = false
    const end = (): void => {
      if (!over) busy -= 1
      over = true
    }
    world.clock.after(ms(timeoutMs), () => {
      if (!over) box.kill()
      end()
    })
    const handler = withReplays(async () => {}, { replay: depsIn(box, parts) })
    const event = { Records: [{ messageId: MessageId, body: Body }] }
    const answer = await handler(event, { getRemainingTimeInMillis: () => timeoutMs })
    await box.awake()
    if (answer?.batchItemFailures.length === 0 && !world.faults.chance(0.05, 'an acknowledgement is lost'))
      jobs.apply(new DeleteMessageCommand({ QueueUrl: jobsUrl, ReceiptHandle }))
    end()
  }
}
