import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  waitUntilTableExists,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Target } from './targets.ts'

export type Item = Record<string, AttributeValue>
export const S = (value: string): AttributeValue => ({ S: value })
export const N = (value: number): AttributeValue => ({ N: String(value) })

/** Opens `target` for the tests of one `describe`, with the table of the cases in it. */
export function useTable({ open }: Target<DynamoDBClient>): Cases {
  const opened = Promise.withResolvers<Cases>()
  let close = async () => {}
  beforeAll(async () => {
    const target = await open()
    close = () => target.close()
    opened.resolve(await makeTable(target.client))
  })
  afterAll(() => close())
  return {
    send: async (command) => (await opened.promise).send(command),
    put: async (item, more) => (await opened.promise).put(item, more),
    update: async (pk, input) => (await opened.promise).update(pk, input),
    get: async (pk) => (await opened.promise).get(pk),
    query: async (input) => (await opened.promise).query(input),
  }
}

/** What a failed condition says, in any of the three writes. */
export async function refusal(write: Promise<unknown>): Promise<ConditionalCheckFailedException> {
  const error: unknown = await write.then(
    () => 'written',
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConditionalCheckFailedException)
  return error as ConditionalCheckFailedException
}

/** The request itself is at fault. */
export const expectInvalid = (call: Promise<unknown>): Promise<void> =>
  expect(call).rejects.toMatchObject({ name: 'ValidationException' })

/** The table of the cases: a key alone, a full index and a sparse one, as the Ledger has them. */
export const tableName = 'Cases'

/** What the cases do most, on one table. Items of one case share a prefix of their own, so cases do not meet. */
export interface Cases {
  readonly send: DynamoDBClient['send']
  put(item: Item, condition?: Partial<UpdateItemCommandInput>): Promise<unknown>
  update(pk: string, input: Partial<UpdateItemCommandInput>): Promise<Item | undefined>
  get(pk: string): Promise<Item | undefined>
  query(input: Partial<QueryCommandInput>): Promise<readonly Item[]>
}

async function makeTable(client: Pick<DynamoDBClient, 'send'>): Promise<Cases> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'timeBucket', 'at', 'deadBucket', 'deadAt'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      GlobalSecondaryIndexes: [index('byTime', 'timeBucket', 'at'), index('byDeath', 'deadBucket', 'deadAt')],
    }),
  )
  await waitUntilTableExists(
    { client: client as DynamoDBClient, maxWaitTime: 10, minDelay: 1 },
    { TableName: tableName },
  )
  const TableName = tableName
  return {
    send: client.send.bind(client),
    put: (Item, more) => client.send(new PutItemCommand({ TableName, Item, ...(more as object) })),
    async update(pk, input) {
      const command = new UpdateItemCommand({
        TableName,
        Key: { pk: S(pk) },
        ReturnValues: 'ALL_NEW',
        ...input,
      })
      return (await client.send(command)).Attributes
    },
    async get(pk) {
      const command = new GetItemCommand({ TableName, Key: { pk: S(pk) }, ConsistentRead: true })
      return (await client.send(command)).Item
    },
    async query(input) {
      return (await client.send(new QueryCommand({ TableName, ...input }))).Items ?? []
    },
  }
}

const index = (IndexName: string, partition: string, sort: string) => ({
  IndexName,
  KeySchema: [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ],
  Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['tenant'] },
})
