import { CreateTableCommand, waitUntilTableExists, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDate, keepAnswerDates } from '#lib/aws/answer-date.ts'
import { controlKeys } from '#lib/config/names.ts'
import { breakerItems } from '#lib/outbound/breaker-items.dynamo.ts'
import { closed, defaultBreaker, neverOpened, opened } from '#lib/outbound/breaker-standing.ts'
import { emptyLine } from '#lib/outbound/limit-line.ts'
import { dynamoLines } from '#lib/outbound/limit-lines.dynamo.ts'
import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import { ms, systemClock } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { dynamodbTargets } from './targets.ts'

const TableName = 'Guards'
const scope = {
  provider: 'acme',
  scope: 'app',
  windows: [
    { limit: 10, windowMs: 1_000 },
    { limit: 500, windowMs: 60_000 },
  ],
}
const random = seededRandom(1)

describe.each(dynamodbTargets)('limits and breakers on $name', ({ name, open }) => {
  let client: Pick<DynamoDBClient, 'send'>
  let close = async () => {}
  beforeAll(async () => {
    const target = await open()
    close = () => target.close()
    client =
      'middlewareStack' in target.client ? keepAnswerDates(target.client as DynamoDBClient) : target.client
    const keys = [controlKeys.partition, controlKeys.sort] as const
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: keys[0], KeyType: 'HASH' },
          { AttributeName: keys[1], KeyType: 'RANGE' },
        ],
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      }),
    )
    const waiting = { client: client as DynamoDBClient, maxWaitTime: 10, minDelay: 1 }
    await waitUntilTableExists(waiting, { TableName })
  })
  afterAll(() => close())

  const table = () => {
    const clock = virtualClock()
    const time = { now: () => ({ earliest: clock.now(), latest: clock.now() }), learn: () => {} }
    return { client, table: TableName, clock, time, requestMs: ms(5_000) }
  }

  test('a line is written by whoever saw it last, and who did not learns what stands', async () => {
    const lines = dynamoLines(table())
    const empty = await lines.read(scope)
    expect(empty).toEqual(emptyLine(scope.windows))
    const first = { by: 'first', next: [1_780_000_000_000.125, 1_780_000_000_001], blockedUntil: 0 }
    expect(await lines.swap(scope, empty, first)).toEqual({ kind: 'written' })
    const late = { ...first, by: 'late', next: [1, 2] }
    expect(await lines.swap(scope, empty, late)).toEqual({ kind: 'moved', line: first })
    expect(await lines.swap(scope, first, { ...first, by: 'second', blockedUntil: 7 })).toEqual({
      kind: 'written',
    })
    expect(await lines.read(scope)).toEqual({ ...first, by: 'second', blockedUntil: 7 })
  })

  test('the repeated write of a lost answer is a success', async () => {
    const lines = dynamoLines(table())
    const other = { ...scope, scope: 'repeated' }
    const to = { by: 'me', next: [1, 2], blockedUntil: 0 }
    expect(await lines.swap(other, emptyLine(scope.windows), to)).toEqual({ kind: 'written' })
    expect(await lines.swap(other, emptyLine(scope.windows), to)).toEqual({ kind: 'written' })
  })

  test('a trip is written once, and the half open breaker gives one permit', async () => {
    const own = table()
    const items = breakerItems(own, defaultBreaker)
    const now = own.time.now()
    const trip = (by: string) => opened(neverOpened, { by, now, random, policy: defaultBreaker })
    const standing = await items.swap('acme', neverOpened, trip('one'))
    expect(standing).toMatchObject({ state: 'open', by: 'one', permits: 1 })
    expect(await items.swap('acme', neverOpened, trip('two'))).toEqual(standing)
    expect((await items.read('acme')).standing).toEqual(standing)

    const until = own.clock.now() + 60_000
    const begun = await Promise.all([1, 2, 3].map(() => items.begin('acme', 'permit', standing, until)))
    expect(begun.filter(Boolean)).toHaveLength(1)
    expect(await items.begin('acme', 'dead', standing, until)).toBe(false)
    await own.clock.advance(60_001)
    expect(await items.begin('acme', 'dead', standing, until + 60_000)).toBe(true)
    await items.giveBack('acme', standing)
    await items.giveBack('acme', standing)
    expect((await items.read('acme')).standing.permits).toBe(1)
    expect(await items.swap('acme', standing, closed(standing, 'three'))).toMatchObject({ state: 'closed' })
    expect(await items.begin('acme', 'permit', standing, until)).toBe(false)
  })

  test('calls that were told are counted over two half windows, and no instant far ahead ends the counting', async () => {
    const items = breakerItems(table(), defaultBreaker)
    const tell = (window: number) => items.tell('told', { window, failures: 2, successes: 1 })
    expect(await tell(100)).toEqual({ window: 100, failures: 2, successes: 1, row: 0 })
    expect(await tell(100)).toEqual({ window: 100, failures: 4, successes: 2, row: 0 })
    expect(await tell(101)).toEqual({ window: 101, failures: 6, successes: 3, row: 0 })
    expect(await tell(100)).toEqual({ window: 101, failures: 8, successes: 4, row: 0 })
    expect(await tell(900)).toEqual({ window: 900, failures: 2, successes: 1, row: 0 })
    expect(await tell(102)).toEqual({ window: 102, failures: 2, successes: 1, row: 0 })
    expect((await items.read('told')).tally).toEqual({ window: 102, failures: 2, successes: 1, row: 0 })
  })

  test('failures in a row are counted on over windows, older ones too, until a success or an opening', async () => {
    const items = breakerItems(table(), defaultBreaker)
    const tell = async (window: number, failures: number, successes = 0, row = failures) =>
      (await items.tell('row', { window, failures, successes, row }))?.row
    expect(await tell(100, 2)).toBe(2)
    expect(await tell(100, 1, 0, 4)).toBe(6)
    expect(await tell(101, 1)).toBe(7)
    expect(await tell(900, 1)).toBe(8)
    expect(await tell(900, 3, 1)).toBe(0)
    expect(await tell(901, 3)).toBe(3)
    expect(await tell(1_000, 3, 1)).toBe(0)
    expect(await tell(1_000, 3)).toBe(3)
    const openNow = { ...neverOpened, state: 'open', by: 'a', openedAt: 1, openMs: 1 } as const
    await items.swap('row', neverOpened, openNow)
    expect((await items.read('row')).tally.row).toBe(0)
  })

  test('answers and refusals carry the time of the server, where there is one', async () => {
    const lines = dynamoLines({ ...table(), client: { send: dated as never } })
    const dates: unknown[] = []
    async function dated(command: never): Promise<unknown> {
      try {
        const answer: unknown = await client.send(command)
        dates.push(answerDate(answer))
        return answer
      } catch (error) {
        dates.push(answerDate(error))
        throw error
      }
    }
    const other = { ...scope, scope: 'dated' }
    await lines.read(other)
    await lines.swap(other, emptyLine(scope.windows), { by: 'a', next: [1, 2], blockedUntil: 0 })
    await lines.swap(other, emptyLine(scope.windows), { by: 'b', next: [1, 2], blockedUntil: 0 })
    expect(dates).toHaveLength(3)
    const hasServer = name !== "the simulation's model"
    for (const date of dates) expect(Math.abs(Number(date) - systemClock.now()) < 60_000).toBe(hasServer)
  })

  test('a whole limiter grants from a fresh table', async () => {
    const limiter = dynamoLimiter({ client, table: TableName, clock: systemClock, random })
    const minute = { ...scope, scope: 'whole', windows: [{ limit: 6_000, windowMs: 60_000 }] }
    expect(await limiter.take(minute, { priority: 'interactive' })).toEqual({ kind: 'granted' })
  })
})
