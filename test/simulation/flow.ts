import { ms } from '#lib/primitives/clock.ts'
import { redrive } from '#lib/processing/replay.ts'
import { toRecord } from '#lib/idempotency/record.dynamo.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import { simClient } from './client.ts'
import { handlerOf } from './handlers.ts'
import type { Watch } from './invariants.ts'
import { sandbox } from './sandbox.ts'
import { senders } from './senders.ts'
import { startSweeper } from './sweeper.ts'
import { startWorkers } from './workers.ts'
import { urls, type World } from './world.ts'

/** The whole path: senders, the webhook function, queues, workers and the sweeper, until nothing moves. */
export interface Flow {
  readonly maxAttempts: number
  isAtRest(): boolean
  /** Sends every dead event through again, its cause mended. */
  redriveAll(): Promise<void>
  checkRedriven(): void
  counts(): { readonly deliveries: number; readonly forged: number }
}

const maxAttempts = 4

/** `sent` collects the SHA-256 of each honest event's bytes, by the event's id. */
export function flow(world: World, seen: Watch, sent: Map<string, string>): Flow {
  const sending = senders(world, seen, sent)
  const handler = handlerOf(world, seen, sent)
  const workers = startWorkers(world, seen, handler, maxAttempts)
  startSweeper(world)
  let redriven: readonly string[] = []

  const isAtRest = (): boolean =>
    sending.isDone() &&
    workers.idle() &&
    world.sqs.bodies().length === 0 &&
    ![...world.s3.objects.keys()].some((key) => key.startsWith('spill/'))

  return {
    maxAttempts,
    isAtRest,
    counts: () => ({ deliveries: sending.deliveries(), forged: sending.forged() }),
    async redriveAll() {
      handler.mend()
      const box = sandbox(world.clock, world.seed, 0)
      const client = (service: 'sqs' | 's3') =>
        simClient({ service, model: world[service], maxAttempts: 3, requestTimeoutMs: 2_000 }, box, world)
      const deps = {
        bulk: sqsBuffer({ client: client('sqs') as never, queueUrl: urls.bulk }),
        objects: s3Objects({
          open: async () => ({ client: client('s3') as never, sdk: s3Sdk }),
          bucket: 'bucket',
        }),
        clock: box.clock,
        random: box.random,
      }
      const dead = [...world.ledger.items.values()].filter((item) => item['st']?.S === 'dead').map(toRecord)
      redriven = dead.filter(({ reason }) => reason !== 'conflict').map(({ pk }) => pk)
      let open = dead.length
      for (const record of dead) {
        seen.redriven(record.pk)
        void redrive(record, new AbortController().signal, deps).finally(() => (open -= 1))
      }
      await world.scheduler.run(() => open === 0, ms(3_600_000))
    },
    checkRedriven() {
      for (const id of redriven) {
        const status = world.ledger.items.get(id)?.['st']?.S
        if (status !== 'done') seen.report('I28', `${id} was redriven and is ${status}`)
      }
    },
  }
}
