import { DeleteItemCommand, type ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { useConditions } from './conditions.ts'
import { expectInvalid, N, refusal, S, tableName, useTable, type Item } from './dynamodb-table.ts'
import { dynamodbTargets } from './targets.ts'

const absent = { ConditionExpression: 'attribute_not_exists(pk)' }
const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

process.stdout.write(
  `DynamoDB conformance runs against: ${dynamodbTargets.map(({ name }) => name).join(', ')}\n`,
)

describe.each(dynamodbTargets)('DynamoDB, what Sluice calls, on $name', (target) => {
  const cases = useTable(target)

  test('every type comes back as it was put', async () => {
    const item: Item = {
      pk: S('types'),
      text: S('Zoë \u{1f600}'),
      number: N(-1.5),
      bytes: { B: new Uint8Array([0, 255, 128]) },
      yes: { BOOL: true },
      nothing: { NULL: true },
      map: { M: { a: S('b'), empty: { M: {} } } },
      list: { L: [N(1), S('two'), { L: [] }] },
      set: { SS: ['a', 'b'] },
      blank: S(''),
    }
    await cases.put(item)
    expect(await cases.get('types')).toEqual(item)
  })

  test('a put replaces the whole item', async () => {
    await cases.put({ pk: S('replace'), a: N(1), b: N(2) })
    await cases.put({ pk: S('replace'), a: N(3) })
    expect(await cases.get('replace')).toEqual({ pk: S('replace'), a: N(3) })
  })

  test('a condition that fails changes nothing and, when asked, carries the whole item that failed it', async () => {
    const item = { pk: S('refused'), owner: S('a'), fence: N(3), bytes: { B: new Uint8Array([1, 2]) } }
    await cases.put(item, absent)
    const error = await refusal(cases.put({ pk: S('refused') }, { ...absent, ...allOld }))
    expect(error.Item).toEqual(item)
    expect(await cases.get('refused')).toEqual(item)
  })

  test('a condition that fails carries no item unless asked', async () => {
    await cases.put({ pk: S('unasked') })
    const error = await refusal(cases.put({ pk: S('unasked') }, absent))
    expect(error.Item).toBeUndefined()
  })

  test('a condition that fails for want of an item carries none', async () => {
    const wanted = { ConditionExpression: 'attribute_exists(pk)', UpdateExpression: 'SET a = :a' }
    const values = { ExpressionAttributeValues: { ':a': N(1) } }
    const error = await refusal(cases.update('missing', { ...wanted, ...values, ...allOld }))
    expect(error.Item).toBeUndefined()
    expect(await cases.get('missing')).toBeUndefined()
  })

  test('of 64 conditional puts at once, one is written and the others see its item', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, (_, n) => cases.put({ pk: S('race'), n: N(n) }, { ...absent, ...allOld })),
    )
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as ConditionalCheckFailedException).Item?.['n']] : [],
    )
    expect(lost).toHaveLength(63)
    expect(new Set(lost.map((n) => n?.N))).toEqual(new Set([String(winner)]))
  })

  test('the item of a failed condition is the one that failed it, however many write at once', async () => {
    const turn = (from: string, to: string) =>
      cases.update('turns', {
        UpdateExpression: 'SET st = :to',
        ConditionExpression: 'st = :from',
        ExpressionAttributeValues: { ':from': S(from), ':to': S(to) },
        ...allOld,
      })
    await cases.put({ pk: S('turns'), st: S('heads') })
    const turns = Array.from({ length: 200 }, (_, n) => (n % 2 ? ['heads', 'tails'] : ['tails', 'heads']))
    const outcomes = await Promise.allSettled(turns.map(([from = '', to = '']) => turn(from, to)))
    outcomes.forEach((outcome, n) => {
      if (outcome.status === 'fulfilled') return
      const { Item } = outcome.reason as ConditionalCheckFailedException
      expect(Item?.['st']?.S).toBe(turns[n]?.[1])
    })
  })

  test('an update makes the item that is not there', async () => {
    const after = await cases.update('upsert', {
      UpdateExpression: 'SET a = :a',
      ExpressionAttributeValues: { ':a': N(1) },
    })
    expect(after).toEqual({ pk: S('upsert'), a: N(1) })
  })

  test('ADD starts at zero, adds and subtracts', async () => {
    const add = (by: number) =>
      cases.update('add', { UpdateExpression: 'ADD fence :by', ExpressionAttributeValues: { ':by': N(by) } })
    expect((await add(1))?.['fence']).toEqual(N(1))
    expect((await add(5))?.['fence']).toEqual(N(6))
    expect((await add(-7))?.['fence']).toEqual(N(-1))
  })

  test('64 ADDs at once lose none', async () => {
    const add = { UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': N(1) } }
    await Promise.all(Array.from({ length: 64 }, () => cases.update('adds', add)))
    expect((await cases.get('adds'))?.['n']).toEqual(N(64))
  })

  test('a conditional delete that fails keeps the item and carries it', async () => {
    await cases.put({ pk: S('kept'), owner: S('me') })
    const command = new DeleteItemCommand({
      TableName: tableName,
      Key: { pk: S('kept') },
      ConditionExpression: '#owner = :you',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':you': S('you') },
      ...allOld,
    })
    const error = await refusal(cases.send(command))
    expect(error.Item).toEqual({ pk: S('kept'), owner: S('me') })
  })

  test('a value that no expression uses is refused', () =>
    expectInvalid(
      cases.update('unused', {
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': N(1), ':b': N(2) },
      }),
    ))

  describe('a condition', () => {
    const holds = useConditions(cases)

    test.each([
      ['st = :claimed AND owner = :me', true],
      ['st = :claimed AND owner = :you', false],
      ['owner <> :you', true],
      ['owner <> :me', false],
      ['missing <> :me', true],
      ['missing = :me', false],
      ['NOT missing = :me', true],
      ['leaseUntil < :late', true],
      ['leaseUntil < :early', false],
      ['leaseUntil > :early', true],
      ['leaseUntil <= :early OR st = :claimed', true],
      ['missing < :late', false],
      ['st = :retry OR st = :claimed AND owner = :you', false],
      ['(st = :retry OR st = :claimed) AND owner = :me', true],
      ['st IN (:retry, :claimed)', true],
      ['attribute_exists(owner) AND attribute_not_exists(missing)', true],
      ['leaseUntil = :me', false],
    ] as const)('%s', async (condition, expected) => {
      expect(await holds(condition)).toBe(expected)
    })
  })
})
