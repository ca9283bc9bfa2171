import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { poller } from '#functions/poller/batch.ts'
import { polling } from '#lib/config/defaults.ts'
import { ms } from '#lib/primitives/clock.ts'
import type { Received } from '../models/sqs.ts'
import { sandbox, type Sandbox } from '../sandbox.ts'
import type { SimApi } from './api.ts'
import { pollerDeps } from './poller-deps.ts'
import { urls, type SyncWorld } from './world.ts'

const maxConcurrency = 3

/** The poller and its two triggers: a schedule that comes twice or not at all, and the queue of jobs. */
export function startPollers(world: SyncWorld, api: SimApi) {
  let busy = 0
  let runs = 0

  const invoke = async (event: object, leftMs: number, fate: (box: Sandbox) => void): Promise<unknown> => {
    const offset = (world.random.fraction() * 2 - 1) * world.skewMs
    const box = sandbox(world.clock, Math.floor(world.random.fraction() * 2 ** 32), offset)
    fate(box)
    const startedAt = world.clock.now()
    // Lambda ends an invocation at its timeout; one that stands still is not seen to overrun.
    world.clock.after(ms(leftMs), () => {
      if (!box.paused) box.kill()
    })
    const deps = pollerDeps(box, world, api)
    const answer = await poller(world.mutant.poller?.(deps, box) ?? deps)(event, {
      getRemainingTimeInMillis: () => leftMs - (world.clock.now() - startedAt),
    })
    await box.awake()
    box.kill()
    return answer
  }

  const work = async ({ MessageId, ReceiptHandle, Body }: Received): Promise<void> => {
    // Some have little time: what they leave is handed over.
    const isShort = world.faults.chance(0.1, 'a poller has little time')
    const leftMs = isShort ? polling.pageFloorMs + world.random.fraction() * 2_000 : polling.timeoutMs
    busy += 1
    runs += 1
    let over = false
    const end = (): void => {
      if (!over) busy -= 1
      over = true
    }
    world.clock.after(ms(leftMs + 60_000), end)
    const record = { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, eventSource: 'aws:sqs' }
    const answer = (await invoke({ Records: [record] }, leftMs, (box) => drawFate(box, world))) as {
      readonly batchItemFailures: readonly unknown[]
    }
    const isThrough = answer.batchItemFailures.length === 0
    if (isThrough && !world.faults.chance(0.02, 'an acknowledgement is lost'))
      world.sqs.apply(new DeleteMessageCommand({ QueueUrl: urls.polls, ReceiptHandle }))
    end()
  }

  const look = (): void => {
    const waiting = world.sqs.visible(urls.polls) > 0
    world.clock.after(ms(waiting ? 20 + world.random.fraction() * 500 : 5_000), look)
    if (busy >= maxConcurrency || !waiting) return
    const { Messages } = world.sqs.apply(
      new ReceiveMessageCommand({ QueueUrl: urls.polls, MaxNumberOfMessages: 1 }),
    ) as { Messages: readonly Received[] }
    for (const message of Messages) void work(message)
  }
  look()

  const tick = (): void => {
    void invoke({}, polling.timeoutMs, (box) => {
      const moment = world.random.fraction() < 0.5 ? 'before' : 'after'
      if (world.faults.chance(0.08, 'a tick dies'))
        box.dieAtCall(1 + Math.floor(world.random.fraction() * 18), moment)
    })
  }
  world.clock.every(ms(60_000), () => {
    if (world.faults.chance(0.05, 'a tick does not come')) return
    tick()
    if (!world.faults.chance(0.1, 'a tick comes twice')) return
    if (world.random.fraction() < 0.5) tick()
    else world.clock.after(ms(world.random.fraction() * 20_000), tick)
  })
  tick()
  return { runs: () => runs }
}

/** What will befall this invocation: often nothing. */
function drawFate(box: Sandbox, world: SyncWorld): void {
  const call = 1 + Math.floor(world.random.fraction() * 14)
  if (world.faults.chance(0.08, 'a poller dies before a call')) box.dieAtCall(call, 'before')
  else if (world.faults.chance(0.08, 'a poller dies after a call')) box.dieAtCall(call, 'after')
  else if (world.faults.chance(0.06, 'a poller stands still beyond its lease'))
    box.pauseAtCall(call, polling.timeoutMs + polling.leaseMarginMs + world.random.fraction() * 20_000)
}
