import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { functionPool, type FunctionPool } from '#infra/local/functions/pool.ts'
import { periodOf } from '#infra/local/functions/schedule.ts'
import { troubleIn } from '#infra/local/functions/log-line.ts'
import { pollQueue } from '#infra/local/functions/event-source.ts'
import { callAwsJson } from '#infra/local/services/call.ts'
import { keepQueue, type Persistence } from '#infra/local/services/fauxqs-repairs.ts'
import { startServices } from '#infra/local/services/start-services.ts'

let folder: string
const pools: FunctionPool[] = []
const failures: string[] = []
const lines: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-functions-'))
  failures.length = 0
  lines.length = 0
})
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop(0)))
  await rm(folder, { recursive: true })
})

/** A function whose bundle is `code`. */
async function deploy(code: string, more: { timeoutMs?: number; limit?: number; memoryMb?: number } = {}) {
  const file = join(folder, `${pools.length}.mjs`)
  await writeFile(file, code)
  const pool = functionPool({
    data: {
      entry: pathToFileURL(file).href,
      handler: 'handler',
      context: {
        functionName: 'test',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
        memoryLimitInMB: '512',
        logGroupName: 'test.log',
        logStreamName: 'local',
        callbackWaitsForEmptyEventLoop: false,
      },
    },
    environment: { COLOUR: 'green' },
    timeoutMs: 10_000,
    memoryMb: 512,
    limit: 2,
    onLine: (line) => lines.push(line),
    onFailure: (message) => failures.push(message),
    ...more,
  })
  pools.push(pool)
  return pool
}

describe('a function', () => {
  test('gets its event, its environment alone and its context, and answers by JSON', async () => {
    const pool = await deploy(`export const handler = async (event, context) => ({
      event, env: process.env, name: context.functionName, left: context.getRemainingTimeInMillis(), gone: undefined })`)
    const outcome = await pool.invoke({ a: [1, null], at: new Date(0) })
    expect(outcome).toEqual({
      kind: 'returned',
      value: {
        event: { a: [1, null], at: '1970-01-01T00:00:00.000Z' },
        env: { COLOUR: 'green' },
        name: 'test',
        left: expect.any(Number) as number,
      },
    })
  })

  test('that throws fails its call, and takes the next one', async () => {
    const pool = await deploy(
      `let n = 0; export const handler = () => { if (n++ === 0) throw new Error('no'); return n }`,
    )
    expect(await pool.invoke({})).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('no') as string,
    })
    expect(await pool.invoke({})).toEqual({ kind: 'returned', value: 2 })
    expect(failures).toHaveLength(1)
  })

  test('that takes too long is ended, and the next call finds a fresh one', async () => {
    const pool = await deploy(
      `let n = 0; export const handler = (event) => { n++; while (event.hang) {} return n }`,
      { timeoutMs: 300 },
    )
    expect(await pool.invoke({ hang: true })).toEqual({
      kind: 'timed-out',
      message: 'Task timed out after 0.30 seconds',
    })
    expect(await pool.invoke({ hang: false })).toEqual({ kind: 'returned', value: 1 })
  })

  test.each([
    ['ends its process', 'process.exit(3)'],
    [
      'throws where nobody waits',
      'setTimeout(() => { throw new Error("late") }); await new Promise(() => {})',
    ],
    ['eats its memory', 'const all = []; for (;;) all.push(new Array(100_000).fill(all.length + 0.5))'],
  ])('that %s fails its call, and nothing else', async (_, body) => {
    const pool = await deploy(
      `export const handler = async (event) => { if (event.bad) { ${body} } return 'well' }`,
      {
        memoryMb: 32,
      },
    )
    expect((await pool.invoke({ bad: true })).kind).toBe('failed')
    expect(await pool.invoke({})).toEqual({ kind: 'returned', value: 'well' })
  })

  test('that dies between two calls says so, and the next call finds a fresh one', async () => {
    const pool = await deploy(
      `export const handler = (event) => { if (event.bad) setImmediate(() => { throw new Error('late') }); return 1 }`,
    )
    expect(await pool.invoke({ bad: true })).toEqual({ kind: 'returned', value: 1 })
    await expect.poll(() => failures.join()).toContain('late')
    expect(await pool.invoke({})).toEqual({ kind: 'returned', value: 1 })
  })

  test('that can not be loaded fails each call with the reason', async () => {
    const pool = await deploy(`throw new Error('no configuration')`)
    for (let n = 0; n < 2; n += 1)
      expect(await pool.invoke({})).toMatchObject({
        kind: 'failed',
        message: expect.stringContaining('no configuration') as string,
      })
  })

  test('runs in no more copies than its limit, each with one call at a time', async () => {
    const pool = await deploy(
      `let busy = 0; let most = 0
       export const handler = async () => {
         most = Math.max(most, ++busy); await new Promise((r) => setTimeout(r, 5)); busy--
         return [(await import('node:worker_threads')).threadId, most] }`,
    )
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pool.invoke({})))
    const values = outcomes.map((outcome) => (outcome.kind === 'returned' ? (outcome.value as number[]) : []))
    expect(new Set(values.map(([thread]) => thread)).size).toBe(2)
    expect(Math.max(...values.map(([, most = 0]) => most))).toBe(1)
  })

  test("'s lines reach its log", async () => {
    const pool = await deploy(
      `export const handler = () => { process.stdout.write('one\\ntwo\\n'); return 0 }`,
    )
    await pool.invoke({})
    await expect.poll(() => lines).toEqual(['one', 'two'])
  })
})

test.each([
  [
    '{"level":"warn","at":"x","message":"a webhook was refused","provider":"stripe","code":"signature_invalid"}',
    'a webhook was refused provider=stripe code=signature_invalid',
  ],
  ['{"level":"error","message":"no","eventId":"evt_1"}', 'no eventId=evt_1'],
  ['{"level":"error", damaged', '{"level":"error", damaged'],
  ['{"level":"info","message":"done"}', undefined],
  ['anything else', undefined],
])('of the log line %s a terminal shows: %s', (line, shown) => expect(troubleIn(line)).toBe(shown))

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(2 hours)', 7_200_000],
])('the schedule %s is every %i ms', (expression, expected) => expect(periodOf(expression)).toBe(expected))

test('a cron line is refused by name', () => expect(() => periodOf('cron(0 * * * ? *)')).toThrow('cron(0'))

describe('a queue that starts a function', () => {
  test.each([
    [
      'deletes what succeeded and keeps what is reported',
      `({ batchItemFailures: [{ itemIdentifier: bad(event) }] })`,
      1,
    ],
    ['keeps all when the report is damaged', `({ batchItemFailures: [{ itemIdentifier: '' }] })`, 3],
    ['keeps all when the function fails', `(() => { throw new Error('no') })()`, 3],
    ['deletes all when nothing is reported', `null`, 0],
  ])('%s', async (_, answer, left) => {
    const services = await startServices()
    const sqs = services.endpoints.sqs
    const queueUrl = `${sqs}/000000000000/source`
    const call = (operation: string, input: object) =>
      callAwsJson(sqs, `AmazonSQS.${operation}`, { ...input })
    await call('CreateQueue', { QueueName: 'source' })
    const bodies = ['good', 'bad', 'fine']
    const Entries = bodies.map((MessageBody, n) => ({ Id: `${n}`, MessageBody }))
    await call('SendMessageBatch', { QueueUrl: queueUrl, Entries })
    const seen: string[] = []
    const inner = await deploy(`
      const bad = (event) => event.Records.find(({ body }) => body === 'bad').messageId
      export const handler = async (event) => ${answer}`)
    const target: FunctionPool = {
      ...inner,
      invoke: async (event) => {
        const { Records } = event as {
          Records: { body: string; attributes: object; eventSourceARN: string }[]
        }
        seen.push(...Records.map(({ body }) => body))
        expect(Records[0]).toMatchObject({
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn',
          attributes: { ApproximateReceiveCount: '1' },
        })
        return inner.invoke(event)
      },
    }
    const ended = new AbortController()
    const polling = pollQueue(
      {
        target,
        queueUrl,
        queueArn: 'arn',
        batchSize: 10,
        reportsFailures: true,
        concurrency: 1,
        onTrouble: (m) => lines.push(m),
      },
      ended.signal,
    )
    await expect.poll(() => seen.length).toBe(3)
    ended.abort()
    // Ends when the batch under way has been dealt with.
    await polling
    const all = { QueueUrl: queueUrl, AttributeNames: ['All'] }
    const { Attributes } = await call('GetQueueAttributes', all)
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: String(left),
    })
    await services.close()
  })
})

test('a receive is one transaction, so a move to the dead-letter queue is whole or not at all', () => {
  const said: string[] = []
  const persistence = {
    transaction(work: () => void) {
      said.push('begin')
      work()
      said.push('commit')
    },
  } as unknown as Persistence
  const queue = keepQueue({ dequeue: () => said.push('dequeue') }, persistence)
  queue.dequeue()
  expect(said).toEqual(['begin', 'dequeue', 'commit'])
})
