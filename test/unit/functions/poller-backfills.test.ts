import type { SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withBackfills } from '#functions/poller/backfills.ts'
import { startBackfill } from '#lib/polling/backfill-control.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'
import { givenBackfill, givenPollOf, leaflinkOrders } from '#test/fakes/given-backfill.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'backfills')
})
afterAll(() => tables.close())

const batchOf = (...bodies: string[]) =>
  ({
    Records: bodies.map((body, n) => ({ messageId: `m${n}`, eventSource: 'aws:sqs', body })),
  }) as SQSEvent
const context = { getRemainingTimeInMillis: () => 120_000 }

function given() {
  const backfill = givenBackfill(tables.client)
  const passed: unknown[] = []
  const next = async (event: unknown) => {
    passed.push(event)
    return undefined
  }
  const handler = withBackfills(next, { backfill: backfill.deps })
  return { ...backfill, passed, run: (event: unknown) => handler(event, context) }
}

test('a slice is read, and everything else goes on to the poller', async () => {
  const { state, deps, queue, envelopes, passed, run } = given()
  state.answer = () => ({ body: { count: 3, results: leaflinkOrders(3, 0) } })
  await startBackfill(givenPollOf('leaflink', 'orders-received'), { kind: 'time' }, {}, deps)
  expect(await run(batchOf(JSON.stringify(queue[0]?.job)))).toEqual({ batchItemFailures: [] })
  expect(envelopes).toHaveLength(3)
  expect(passed).toEqual([])
  for (const other of [{}, null, batchOf(), batchOf('{"v":1,"due":1,"polls":[]}'), batchOf('nonsense')])
    await run(other)
  expect(passed).toHaveLength(5)
})

test('a slice comes back where the store does not answer', async () => {
  const { deps, queue, run } = given()
  await startBackfill(givenPollOf('leaflink', 'orders-received'), { kind: 'time' }, {}, deps)
  Object.assign(deps, { backfills: { ...deps.backfills, get: () => Promise.reject(new Error('away')) } })
  expect(await run(batchOf(JSON.stringify(queue[0]?.job)))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm0' }],
  })
})
