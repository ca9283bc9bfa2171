import { BatchWriteItemCommand, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { useConditions } from './conditions.ts'
import { expectInvalid, N, S, tableName, useTable } from './dynamodb-table.ts'
import { dynamodbServers } from './targets.ts'

describe.each(dynamodbServers)('DynamoDB writes on $name', (target) => {
  const cases = useTable(target)

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
    expectInvalid(
      cases.update('key', { UpdateExpression: 'SET pk = :a', ExpressionAttributeValues: { ':a': S('b') } }),
    ))

  describe('a condition', () => {
    const holds = useConditions(cases)

    test.each([
      ['leaseUntil BETWEEN :early AND :late', true],
      ['begins_with(st, :cl)', true],
      ['contains(list, :two)', true],
      ['contains(list, :five)', false],
      ['contains(set, :x)', true],
      ['size(list) = :two', true],
      ['map.inner = :five', true],
      ['list[1] = :two', true],
    ] as const)('%s', async (condition, expected) => {
      expect(await holds(condition)).toBe(expected)
    })

    test.each(['st = ', 'nonsense(st)', 'attribute_type(st, :x)', 'st = :claimed AND'])(
      '"%s" is refused as no condition',
      (condition) => expectInvalid(holds(condition)),
    )
  })

  test('a reserved word needs a name', async () => {
    const values = { ExpressionAttributeValues: { ':v': S('v') } }
    await expectInvalid(cases.update('reserved', { UpdateExpression: 'SET status = :v', ...values }))
    const named = { UpdateExpression: 'SET #s = :v', ExpressionAttributeNames: { '#s': 'status' }, ...values }
    expect((await cases.update('reserved', named))?.['status']).toEqual(S('v'))
  })

  test('an item over 400 KB is refused, one under it is taken', async () => {
    await expectInvalid(cases.put({ pk: S('large'), body: { B: new Uint8Array(410_000) } }))
    await cases.put({ pk: S('large'), body: { B: new Uint8Array(400_000) } })
    expect((await cases.get('large'))?.['body']?.B).toHaveLength(400_000)
  })

  test('an empty key is refused', () => expectInvalid(cases.put({ pk: S('') })))

  test('an index key of another type is refused', () =>
    expectInvalid(cases.put({ pk: S('index-type'), timeBucket: N(1), at: S('1') })))

  test('a table that does not exist is named as the reason', () =>
    expect(
      cases.send(new PutItemCommand({ TableName: 'Nowhere', Item: { pk: S('x') } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' }))

  test('a delete answers the item before, and one of nothing succeeds', async () => {
    await cases.put({ pk: S('delete'), a: N(1) })
    const remove = () =>
      cases.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: { pk: S('delete') },
          ReturnValues: 'ALL_OLD',
        }),
      )
    expect((await remove()).Attributes).toEqual({ pk: S('delete'), a: N(1) })
    expect((await remove()).Attributes).toBeUndefined()
  })

  test('a batch writes and deletes up to 25 items', async () => {
    await cases.put({ pk: S('batch-old') })
    const puts = Array.from({ length: 24 }, (_, n) => ({ PutRequest: { Item: { pk: S(`batch-${n}`) } } }))
    const requests = [...puts, { DeleteRequest: { Key: { pk: S('batch-old') } } }]
    const { UnprocessedItems = {} } = await cases.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }),
    )
    expect(UnprocessedItems).toEqual({})
    expect(await cases.get('batch-23')).toEqual({ pk: S('batch-23') })
    expect(await cases.get('batch-old')).toBeUndefined()
  })
})
