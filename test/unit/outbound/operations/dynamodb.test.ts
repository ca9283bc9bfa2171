import { BatchWriteItemCommand, CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryItems, queryPages, type QueryPage } from '#lib/outbound/operations/dynamodb-query.dynamo.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'
import { collect } from './given-api.ts'

const TableName = 'query-pages'
const query = {
  TableName,
  KeyConditionExpression: 'userId = :userId',
  ExpressionAttributeValues: { ':userId': { S: 'u1' } },
  Limit: 10,
}

describe('a query', () => {
  let tables: Tables
  beforeAll(async () => {
    tables = await startTables()
    await tables.client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'userId', KeyType: 'HASH' },
          { AttributeName: 'n', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'userId', AttributeType: 'S' },
          { AttributeName: 'n', AttributeType: 'N' },
        ],
      }),
    )
    const puts = Array.from({ length: 25 }, (_, n) => ({
      PutRequest: { Item: { userId: { S: 'u1' }, n: { N: String(n) }, size: { N: String(n) } } },
    }))
    await tables.client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }))
  })
  afterAll(() => tables.close())

  test('is read to its end, in order, each item once', async () => {
    const items = await collect(queryItems(tables.client, query))
    expect(items.map(({ n }) => Number(n?.N))).toEqual(Array.from({ length: 25 }, (_, n) => n))
  })

  test('goes on behind pages that the filter left empty', async () => {
    const filtered = {
      ...query,
      FilterExpression: '#size > :least',
      ExpressionAttributeNames: { '#size': 'size' },
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':least': { N: '22' } },
    }
    const pages = await collect(queryPages(tables.client, filtered))
    expect(pages.map(({ items }) => items.length)).toEqual([0, 0, 2])
  })

  test('goes on where another one stopped', async () => {
    const { value: first } = await queryPages(tables.client, { ...query, Limit: 5 }).next()
    const rest = await collect(
      queryItems(tables.client, { ...query, ExclusiveStartKey: (first as QueryPage).next }),
    )
    expect(rest).toHaveLength(20)
  })

  test('that is given up throws', async () => {
    const signal = AbortSignal.abort()
    await expect(collect(queryItems(tables.client, query, { signal }))).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})
