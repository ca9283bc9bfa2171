import { expect, test } from 'vitest'
import type { DeadLetter, DeadLetterQueue } from '#lib/buffer/dead-letter-queue.ts'
import { sweepDeadJobs } from '#lib/polling/dead-jobs.ts'

/** A queue of these bodies; what is not deleted is hidden, as SQS hides it for a minute. */
function queueOf(bodies: readonly unknown[], refusing?: string) {
  const waiting = bodies.map((body, n): DeadLetter => ({
    body: JSON.stringify(body),
    receiptHandle: String(n),
  }))
  const deleted: string[] = []
  const queue: DeadLetterQueue = {
    receive: async () => waiting.splice(0, 10),
    delete: async ({ receiptHandle }) => {
      if (receiptHandle === refusing) throw new Error('away')
      deleted.push(receiptHandle)
    },
  }
  return { queue, deleted }
}

const poll = { tenant: 'acme', provider: 'stripe', connection: 'conn_1', stream: 'events' }
const hint = { tenant: 'acme', provider: 'gmail', endpoint: 'gmail', streams: ['history'], at: 1 }

test('a job that killed its starts is told of by its kind and first name, and taken away', async () => {
  const polls = queueOf([
    { v: 1, due: 1, polls: [poll, { ...poll, connection: 'conn_2' }] },
    { v: 1, keep: [{ connection: 'conn_3', subscription: 'changes' }] },
    { v: 1, hint },
    { v: 2 },
  ])
  const backfills = queueOf([{ v: 1, connection: 'conn_4', stream: 'events', id: 'b', slice: 3 }])
  const counts: (string | undefined)[] = []
  const told: object[] = []
  const swept = await sweepDeadJobs(new AbortController().signal, {
    deadJobQueues: [polls.queue, backfills.queue],
    log: (_level, _message, fields = {}) => void told.push(fields),
    metrics: { count: (name, { reason } = {}) => void counts.push(`${name} ${reason}`), measure: () => {} },
  })
  expect(swept).toBe(5)
  expect(counts).toEqual(
    ['poll', 'subscription', 'hint', 'unknown', 'backfill'].map((kind) => `PollJobDead ${kind}`),
  )
  expect(told[0]).toEqual({ reason: 'poll', count: 2, connection: 'conn_1', type: 'events' })
  expect(told[4]).toEqual({ reason: 'backfill', connection: 'conn_4', type: 'events' })
  expect(polls.deleted).toEqual(['0', '1', '2', '3'])
})

test('one that can not be taken away holds up no other', async () => {
  const { queue, deleted } = queueOf(
    Array.from({ length: 12 }, () => ({ v: 1, hint })),
    '3',
  )
  const swept = await sweepDeadJobs(new AbortController().signal, {
    deadJobQueues: [queue],
    log: () => {},
    metrics: { count: () => {}, measure: () => {} },
  })
  expect(swept).toBe(11)
  expect(deleted).not.toContain('3')
})
