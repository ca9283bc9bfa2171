import {
  BatchGetItemCommand,
  DescribeTimeToLiveCommand,
  QueryCommand,
  ScanCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { N, S, tableName, useTable, type Item } from './dynamodb-table.ts'
import { dynamodbServers } from './targets.ts'

describe.each(dynamodbServers)('DynamoDB reads on $name', (target) => {
  const cases = useTable(target)
  const put = (pk: string, more: Item) => cases.put({ pk: S(pk), ...more })
  const inBucket = (bucket: string, more: object = {}) => ({
    IndexName: 'byTime',
    KeyConditionExpression: 'timeBucket = :bucket',
    ExpressionAttributeValues: { ':bucket': S(bucket) },
    ...more,
  })
  const keys = (items: readonly Item[]) => items.map((item) => item['pk']?.S)

  test('an index lists its partition by sort key, both ways', async () => {
    await Promise.all([3, 1, 2].map((n) => put(`order-${n}`, { timeBucket: S('order'), at: S(`${n}`) })))
    await put('order-other', { timeBucket: S('order2'), at: S('0') })
    expect(keys(await cases.query(inBucket('order')))).toEqual(['order-1', 'order-2', 'order-3'])
    const newestFirst = await cases.query(inBucket('order', { ScanIndexForward: false }))
    expect(keys(newestFirst)).toEqual(['order-3', 'order-2', 'order-1'])
  })

  test('an index carries its keys and what it includes, and nothing else', async () => {
    await put('project', { timeBucket: S('project'), at: S('1'), tenant: S('t'), secret: S('s') })
    const [item] = await cases.query(inBucket('project'))
    expect(item).toEqual({ pk: S('project'), timeBucket: S('project'), at: S('1'), tenant: S('t') })
  })

  test('two items of one sort key are both listed', async () => {
    await put('twin-a', { timeBucket: S('twin'), at: S('1') })
    await put('twin-b', { timeBucket: S('twin'), at: S('1') })
    expect(new Set(keys(await cases.query(inBucket('twin'))))).toEqual(new Set(['twin-a', 'twin-b']))
  })

  test('an index follows the item: moved, changed, taken out and deleted', async () => {
    await put('follow', { timeBucket: S('from'), at: S('1'), tenant: S('a') })
    await put('follow', { timeBucket: S('to'), at: S('2'), tenant: S('b') })
    expect(await cases.query(inBucket('from'))).toEqual([])
    expect((await cases.query(inBucket('to')))[0]?.['tenant']).toEqual(S('b'))
    await cases.update('follow', {
      UpdateExpression: 'REMOVE timeBucket, #at',
      ExpressionAttributeNames: { '#at': 'at' },
    })
    expect(await cases.query(inBucket('to'))).toEqual([])
  })

  test('an item without the key of a sparse index is not in it, until it has one', async () => {
    await put('alive', { timeBucket: S('sparse'), at: S('1') })
    const dead = {
      IndexName: 'byDeath',
      KeyConditionExpression: 'deadBucket = :month',
      ExpressionAttributeValues: { ':month': S('2026-01') },
    }
    expect(await cases.query(dead)).toEqual([])
    await cases.update('alive', {
      UpdateExpression: 'SET deadBucket = :month, deadAt = :at',
      ExpressionAttributeValues: { ':month': S('2026-01'), ':at': S('1') },
    })
    expect(keys(await cases.query(dead))).toEqual(['alive'])
    await cases.update('alive', { UpdateExpression: 'REMOVE deadBucket, deadAt' })
    expect(await cases.query(dead)).toEqual([])
  })

  test.each([
    ['at < :a', { ':a': '3' }, ['1', '2']],
    ['at <= :a', { ':a': '3' }, ['1', '2', '3']],
    ['at > :a', { ':a': '3' }, ['30', '4']],
    ['at >= :a', { ':a': '30' }, ['30', '4']],
    ['at BETWEEN :a AND :b', { ':a': '2', ':b': '30' }, ['2', '3', '30']],
    ['begins_with(at, :a)', { ':a': '3' }, ['3', '30']],
    ['at = :a', { ':a': '30' }, ['30']],
  ] as const)('a range of sort keys: %s', async (range, values, expected) => {
    await Promise.all(
      ['1', '2', '3', '30', '4'].map((at) => put(`range-${at}`, { timeBucket: S('range'), at: S(at) })),
    )
    const items = await cases.query({
      IndexName: 'byTime',
      KeyConditionExpression: `timeBucket = :bucket AND ${range.replaceAll('at ', '#at ').replace('(at', '(#at')}`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: {
        ':bucket': S('range'),
        ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, S(value)])),
      },
    })
    expect(items.map((item) => item['at']?.S)).toEqual(expected)
  })

  test.each([true, false])(
    'pages of an index join without gap or repetition (forward: %s)',
    async (forward) => {
      const names = Array.from({ length: 17 }, (_, n) => `page-${String(n).padStart(2, '0')}`)
      // Pairs share a sort key, so a page can end between two equal ones.
      await Promise.all(
        names.map((name, n) => put(name, { timeBucket: S('page'), at: S(String(n >> 1).padStart(2, '0')) })),
      )
      const seen: (string | undefined)[] = []
      let from: Item | undefined
      do {
        const page = await cases.send(
          new QueryCommand({
            TableName: tableName,
            ...inBucket('page', { Limit: 4, ScanIndexForward: forward }),
            ...(from && { ExclusiveStartKey: from }),
          }),
        )
        expect(page.Items?.length).toBeLessThanOrEqual(4)
        seen.push(...keys(page.Items ?? []))
        from = page.LastEvaluatedKey
      } while (from)
      expect(seen).toHaveLength(17)
      expect(new Set(seen)).toEqual(new Set(names))
    },
  )

  test('a filter leaves items out after the limit has been applied', async () => {
    await Promise.all(
      [1, 2, 3].map((n) => put(`filter-${n}`, { timeBucket: S('filter'), at: S(`${n}`), tenant: S(`${n}`) })),
    )
    const filter = { FilterExpression: 'tenant = :tenant', Limit: 2 }
    const values = { ':bucket': S('filter'), ':tenant': S('3') }
    const page = await cases.send(
      new QueryCommand({
        TableName: tableName,
        ...inBucket('filter', filter),
        ExpressionAttributeValues: values,
      }),
    )
    expect(page.Items).toEqual([])
    expect(page.ScannedCount).toBe(2)
    expect(page.LastEvaluatedKey).toBeDefined()
  })

  test('an index that does not exist is refused', () =>
    expect(cases.query(inBucket('x', { IndexName: 'byNothing' }))).rejects.toMatchObject({
      name: 'ValidationException',
    }))

  test('an index is never read consistently', () =>
    expect(cases.query(inBucket('x', { ConsistentRead: true }))).rejects.toMatchObject({
      name: 'ValidationException',
    }))

  test('a batch answers the items that exist, with the attributes asked for', async () => {
    await put('batch-a', { a: N(1), status: S('x') })
    await put('batch-b', { a: N(2) })
    const { Responses, UnprocessedKeys = {} } = await cases.send(
      new BatchGetItemCommand({
        RequestItems: {
          [tableName]: {
            Keys: ['batch-a', 'batch-b', 'batch-missing'].map((pk) => ({ pk: S(pk) })),
            ProjectionExpression: 'pk, #s',
            ExpressionAttributeNames: { '#s': 'status' },
            ConsistentRead: true,
          },
        },
      }),
    )
    expect(UnprocessedKeys).toEqual({})
    expect(Responses?.[tableName]).toHaveLength(2)
    expect(Responses?.[tableName]).toContainEqual({ pk: S('batch-a'), status: S('x') })
    expect(Responses?.[tableName]).toContainEqual({ pk: S('batch-b') })
  })

  test('a batch with the same key twice is refused', () =>
    expect(
      cases.send(
        new BatchGetItemCommand({
          RequestItems: { [tableName]: { Keys: [{ pk: S('same') }, { pk: S('same') }] } },
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' }))

  test('a scan comes to every item, page by page', async () => {
    await Promise.all(Array.from({ length: 7 }, (_, n) => put(`scan-${n}`, {})))
    const seen = new Set<string | undefined>()
    let from: Item | undefined
    do {
      const page = await cases.send(
        new ScanCommand({ TableName: tableName, Limit: 3, ...(from && { ExclusiveStartKey: from }) }),
      )
      for (const key of keys(page.Items ?? [])) seen.add(key)
      from = page.LastEvaluatedKey
    } while (from)
    for (let n = 0; n < 7; n += 1) expect(seen).toContain(`scan-${n}`)
  })

  test('the TTL attribute is remembered, and an item past it is still read until it is swept', async () => {
    const specification = { AttributeName: 'expireAt', Enabled: true }
    await cases.send(
      new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification: specification }),
    )
    const { TimeToLiveDescription } = await cases.send(
      new DescribeTimeToLiveCommand({ TableName: tableName }),
    )
    expect(TimeToLiveDescription).toMatchObject({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expireAt' })
    // Later than five years ago, which DynamoDB takes for a mistake, but over.
    await put('expired', { expireAt: N(1_790_000_000) })
    expect(await cases.get('expired')).toBeDefined()
  })
})
