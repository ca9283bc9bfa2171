import { createHash } from 'node:crypto'
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { sqsBatchBuffer } from '#lib/buffer/batch-buffer.sqs.ts'
import { enqueueAll, type Unplaced } from '#lib/buffer/enqueue.ts'
import { decodeEnvelope, eventId, isStored } from '#lib/buffer/envelope.ts'
import { sqsPollJobs } from '#lib/polling/poll-jobs.sqs.ts'
import { pollNow, readJob, type PollJob } from '#lib/polling/poll-jobs.ts'
import { epochMs, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

type Refusal = 'all' | readonly number[] | Error

/** A queue that refuses what it is told to, request by request. */
function givenQueue(...refusals: readonly Refusal[]) {
  const requests: SendMessageBatchCommandInput[] = []
  const put: { key: string; bytes: number }[] = []
  const left = [...refusals]
  const client = {
    send: async ({ input }: { input: SendMessageBatchCommandInput }) => {
      requests.push(input)
      const refusal = left.shift() ?? []
      if (refusal instanceof Error) throw refusal
      const { Entries = [] } = input
      const isRefused = (index: number) => refusal === 'all' || refusal.includes(index)
      return {
        Successful: Entries.filter((_, index) => !isRefused(index)).map(({ Id }) => ({ Id })),
        Failed: Entries.filter((_, index) => isRefused(index)).map(({ Id }) => ({
          Id,
          SenderFault: false,
          Code: 'x',
        })),
      }
    },
  } as unknown as Pick<SQSClient, 'send'>
  const clock = virtualClock()
  const deps = {
    queue: sqsBatchBuffer({ client, queueUrl: 'https://queue/events' }),
    objects: {
      put: async (key: string, bytes: Uint8Array) => void put.push({ key, bytes: bytes.byteLength }),
    },
    clock,
    random: seededRandom(1),
  }
  const send = async (events: readonly Unplaced[]) => {
    let done = false
    const work = enqueueAll(events, new AbortController().signal, deps)
    work.finally(() => (done = true)).catch(() => {})
    while (!done) await clock.advance(50)
    return work
  }
  return { client, requests, put, clock, deps, send }
}

const event = (key: string, bytes = 100): Unplaced => ({
  v: 1,
  id: eventId('acme', 'stripe', key),
  tenant: 'acme',
  provider: 'stripe',
  endpoint: 'stripe',
  via: 'poll',
  deliveryKey: key,
  type: 'thing',
  receivedAt: epochMs(1_780_000_000_000),
  headers: {},
  body: Buffer.alloc(bytes, key),
})
const events = (count: number, bytes?: number) =>
  Array.from({ length: count }, (_, i) => event(`k${i}`, bytes))
const keysOf = ({ Entries = [] }: SendMessageBatchCommandInput) =>
  Entries.map(({ MessageBody = '' }) => decodeEnvelope(MessageBody).deliveryKey)

describe('many events', () => {
  test('go ten at a time, fair by tenant', async () => {
    const { send, requests } = givenQueue()
    await send(events(25))
    expect(requests.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 5])
    expect(requests.flatMap(keysOf)).toEqual(events(25).map(({ deliveryKey }) => deliveryKey))
    expect(
      new Set(requests.flatMap(({ Entries = [] }) => Entries.map(({ MessageGroupId }) => MessageGroupId))),
    ).toEqual(new Set(['acme']))
  })

  test('never more than 1 MiB in one request', async () => {
    const { send, requests } = givenQueue()
    await send(events(9, 300_000))
    for (const { Entries = [] } of requests) {
      const bytes = Entries.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0)
      expect(bytes).toBeLessThanOrEqual(1_048_576)
    }
    expect(requests.flatMap(keysOf)).toHaveLength(9)
  })

  test('of which one is too large for a message go there as a pointer, its bytes in the bucket first', async () => {
    const { send, requests, put } = givenQueue()
    const large = event('large', 900_000)
    await send([event('small'), large])
    expect(put).toEqual([{ key: expect.stringMatching(/^bodies\/acme\/[\w-]+$/) as string, bytes: 900_000 }])
    const bodies = requests.flatMap(({ Entries = [] }) =>
      Entries.map(({ MessageBody = '' }) => decodeEnvelope(MessageBody).body),
    )
    expect(bodies.map((body) => isStored(body))).toEqual([false, true])
    expect(bodies[1]?.sha256).toBe(createHash('sha256').update(large.body).digest('hex'))
  })

  test('refused one by one, or with their request, are sent again, and they alone (F51)', async () => {
    const { send, requests } = givenQueue([1, 3], new Error('throttled'), [0])
    await send(events(12))
    const sent = requests.map((each) => keysOf(each).join())
    expect(sent.slice(2)).toEqual(['k1,k3,k10,k11', 'k1'])
  })

  test('that are refused for good are an error that says how many', async () => {
    const { send, requests } = givenQueue('all', 'all', 'all', 'all')
    await expect(send(events(2))).rejects.toMatchObject({
      code: 'BUFFER_UNAVAILABLE',
      message: 'the queue did not take 2 of 2 events',
    })
    expect(requests).toHaveLength(4)
  })

  test('whose large body the bucket does not take send nothing', async () => {
    const { deps, requests } = givenQueue()
    const objects = { put: () => Promise.reject(new Error('slow down')) }
    const work = enqueueAll([event('large', 900_000)], new AbortController().signal, { ...deps, objects })
    await expect(work).rejects.toMatchObject({ code: 'BUFFER_UNAVAILABLE' })
    expect(requests).toEqual([])
  })
})

describe('poll jobs', () => {
  const job: PollJob = {
    v: 1,
    due: epochMs(1_780_000_000_000),
    polls: [{ tenant: 'acme', provider: 'stripe', connection: 'conn_1', stream: 'events', phase: '5#3' }],
  }

  test('are read back as they were written, and nothing else is a job', () => {
    expect(readJob(JSON.stringify(job))).toEqual(job)
    expect(readJob(JSON.stringify({ ...job, urgent: true }))).toEqual({ ...job, urgent: true })
    for (const other of [
      '',
      'x',
      '{}',
      'null',
      JSON.stringify({ ...job, v: 2 }),
      JSON.stringify({ ...job, polls: [{}] }),
    ])
      expect(readJob(other), other).toBeUndefined()
  })

  test('wait no longer than SQS lets them, and are sent once more when they are refused', async () => {
    const { client, requests } = givenQueue('all')
    await sqsPollJobs({ client, queueUrl: 'https://queue/polls' }).send([job], { delayMs: ms(3_600_000) })
    expect(requests).toHaveLength(2)
    expect(requests[1]?.Entries?.[0]).toMatchObject({ DelaySeconds: 900 })
    const dead = givenQueue('all', 'all')
    await expect(
      sqsPollJobs({ client: dead.client, queueUrl: 'https://queue/polls' }).send([job]),
    ).rejects.toThrow('did not take 1 of 1 poll jobs')
  })

  test('asked for now are urgent, of one poll, and due at once', async () => {
    const { client, requests, clock } = givenQueue()
    const [poll] = job.polls
    if (poll) await pollNow(poll, { jobs: sqsPollJobs({ client, queueUrl: 'https://queue/polls' }), clock })
    expect(readJob(requests[0]?.Entries?.[0]?.MessageBody ?? '')).toEqual({
      v: 1,
      due: clock.now(),
      urgent: true,
      polls: [{ tenant: 'acme', provider: 'stripe', connection: 'conn_1', stream: 'events' }],
    })
  })
})
