import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTable, N, S, tableName, type Cases, type Item } from './dynamodb-table.ts'
import { dynamodbTargets } from './targets.ts'

const absent = { ConditionExpression: 'attribute_not_exists(pk)' }
const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

describe.each(dynamodbTargets)('DynamoDB writes on $name', ({ open }) => {
  let cases: Cases
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await open()
    close = () => opened.close()
    cases = await makeTable(opened.client)
  })
  afterAll(() => close())

  const refusal = async (write: Promise<unknown>): Promise<ConditionalCheckFailedException> => {
    const error: unknown = await write.then(
      () => 'written',
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ConditionalCheckFailedException)
    return error as ConditionalCheckFailedException
  }
  const validation = (write: Promise<unknown>) =>
    expect(write).rejects.toMatchObject({ name: 'ValidationException' })

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

  test('SET, ADD and REMOVE of one update see the item as it was before', async () => {
    await cases.put({ pk: S('mixed'), a: N(1), b: N(10), gone: S('x') })
    const after = await cases.update('mixed', {
      UpdateExpression: 'SET a = b, c = a + :one, d = if_not_exists(unset, :one) REMOVE gone ADD b :one',
      ExpressionAttributeValues: { ':one': N(1) },
    })
    expect(after).toEqual({ pk: S('mixed'), a: N(10), b: N(11), c: N(2), d: N(1) })
  })

  test('list_append adds at the end, and if_not_exists supplies the list', async () => {
    const append = (text: string) =>
      cases.update('append', {
        UpdateExpression: 'SET steps = list_append(if_not_exists(steps, :none), :more)',
        ExpressionAttributeValues: { ':none': { L: [] }, ':more': { L: [S(text)] } },
      })
    await append('a')
    expect((await append('b'))?.['steps']).toEqual({ L: [S('a'), S('b')] })
  })

  test('ALL_OLD is the item before, UPDATED_NEW what the update touched', async () => {
    await cases.put({ pk: S('returns'), a: N(1), b: N(2) })
    const set = { UpdateExpression: 'SET a = :a', ExpressionAttributeValues: { ':a': N(9) } }
    expect(await cases.update('returns', { ...set, ReturnValues: 'ALL_OLD' })).toEqual({
      pk: S('returns'),
      a: N(1),
      b: N(2),
    })
    expect(await cases.update('returns', { ...set, ReturnValues: 'UPDATED_NEW' })).toEqual({ a: N(9) })
  })

  test('an update may not change the key', () =>
    validation(
      cases.update('key', { UpdateExpression: 'SET pk = :a', ExpressionAttributeValues: { ':a': S('b') } }),
    ))

  describe('a condition', () => {
    beforeAll(() =>
      cases.put({
        pk: S('condition'),
        st: S('claimed'),
        owner: S('me'),
        leaseUntil: N(1_700_000_000_000),
        list: { L: [N(1), N(2)] },
        set: { SS: ['x'] },
        map: { M: { inner: N(5) } },
      }),
    )
    const values = {
      ':claimed': S('claimed'),
      ':retry': S('retry'),
      ':me': S('me'),
      ':you': S('you'),
      ':early': N(999_999_999_999),
      ':late': N(1_700_000_000_001),
      ':two': N(2),
      ':five': N(5),
      ':x': S('x'),
      ':cl': S('cl'),
    }
    /** Attributes by alias: half of these words are reserved. */
    const attributes = /\b(?<![:_])(st|owner|missing|leaseUntil|list|set|map|inner)\b/g
    const holds = async (condition: string): Promise<boolean> => {
      const named = condition.replace(attributes, '#$1')
      const aliases = [...named.matchAll(/#(\w+)/g)].map(([alias, name = '']) => [alias, name])
      const used = Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(condition))
      const write = cases.update('condition', {
        UpdateExpression: 'SET touched = :t',
        ConditionExpression: named,
        ExpressionAttributeNames: Object.fromEntries(aliases) as Record<string, string>,
        ExpressionAttributeValues: { ...Object.fromEntries(used), ':t': N(1) },
      })
      return write.then(
        () => true,
        (error: unknown) => {
          if (error instanceof ConditionalCheckFailedException) return false
          throw error
        },
      )
    }

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
      ['leaseUntil BETWEEN :early AND :late', true],
      ['begins_with(st, :cl)', true],
      ['contains(list, :two)', true],
      ['contains(list, :five)', false],
      ['contains(set, :x)', true],
      ['size(list) = :two', true],
      ['map.inner = :five', true],
      ['list[1] = :two', true],
      ['attribute_exists(owner) AND attribute_not_exists(missing)', true],
      ['leaseUntil = :me', false],
    ] as const)('%s', async (condition, expected) => {
      expect(await holds(condition)).toBe(expected)
    })

    test.each(['st = ', 'nonsense(st)', 'attribute_type(st, :x)', 'st = :claimed AND'])(
      '"%s" is refused as no condition',
      (condition) => validation(holds(condition)),
    )
  })

  test('a reserved word needs a name', async () => {
    const values = { ExpressionAttributeValues: { ':v': S('v') } }
    await validation(cases.update('reserved', { UpdateExpression: 'SET status = :v', ...values }))
    const named = { UpdateExpression: 'SET #s = :v', ExpressionAttributeNames: { '#s': 'status' }, ...values }
    expect((await cases.update('reserved', named))?.['status']).toEqual(S('v'))
  })

  test('a value that no expression uses is refused', () =>
    validation(
      cases.update('unused', {
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': N(1), ':b': N(2) },
      }),
    ))

  test('an item over 400 KB is refused, one under it is taken', async () => {
    await validation(cases.put({ pk: S('large'), body: { B: new Uint8Array(410_000) } }))
    await cases.put({ pk: S('large'), body: { B: new Uint8Array(400_000) } })
    expect((await cases.get('large'))?.['body']?.B).toHaveLength(400_000)
  })

  test('an empty key is refused', () => validation(cases.put({ pk: S('') })))

  test('an index key of another type is refused', () =>
    validation(cases.put({ pk: S('index-type'), timeBucket: N(1), at: S('1') })))

  test('a table that does not exist is named as the reason', () =>
    expect(
      cases.client.send(new PutItemCommand({ TableName: 'Nowhere', Item: { pk: S('x') } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' }))

  test('a delete answers the item before, and one of nothing succeeds', async () => {
    await cases.put({ pk: S('delete'), a: N(1) })
    const remove = () =>
      cases.client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: { pk: S('delete') },
          ReturnValues: 'ALL_OLD',
        }),
      )
    expect((await remove()).Attributes).toEqual({ pk: S('delete'), a: N(1) })
    expect((await remove()).Attributes).toBeUndefined()
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
    const error = await refusal(cases.client.send(command))
    expect(error.Item).toEqual({ pk: S('kept'), owner: S('me') })
  })

  test('a batch writes and deletes up to 25 items', async () => {
    await cases.put({ pk: S('batch-old') })
    const puts = Array.from({ length: 24 }, (_, n) => ({ PutRequest: { Item: { pk: S(`batch-${n}`) } } }))
    const requests = [...puts, { DeleteRequest: { Key: { pk: S('batch-old') } } }]
    const { UnprocessedItems = {} } = await cases.client.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }),
    )
    expect(UnprocessedItems).toEqual({})
    expect(await cases.get('batch-23')).toEqual({ pk: S('batch-23') })
    expect(await cases.get('batch-old')).toBeUndefined()
  })
})
