import {
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb'

/** An item as DynamoDB keeps it: numbers are text. */
export type Item = Readonly<Record<string, AttributeValue>>

export interface QueryPage {
  readonly items: readonly Item[]
  /** Where the query goes on, as `ExclusiveStartKey`; `undefined` at its end. */
  readonly next: Item | undefined
}

export interface QueryOptions {
  readonly signal?: AbortSignal
}

/**
 * A query, page by page: the next one is asked for when it is wanted. A page is at most 1 MB before the filter, so that it may be
 * empty and not the last; `Limit` is of a page, not of the query.
 * @throws what the SDK throws
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 */
export async function* queryPages(
  client: Pick<DynamoDBClient, 'send'>,
  query: QueryCommandInput,
  { signal }: QueryOptions = {},
): AsyncGenerator<QueryPage, void, void> {
  let next: Item | undefined = query.ExclusiveStartKey
  do {
    const command = new QueryCommand({ ...query, ExclusiveStartKey: next })
    const answer = await client.send(command, { ...(signal && { abortSignal: signal }) })
    next = answer.LastEvaluatedKey
    yield { items: answer.Items ?? [], next }
  } while (next !== undefined)
}

/** The items of a query, one after the other. @see queryPages */
export async function* queryItems(
  client: Pick<DynamoDBClient, 'send'>,
  query: QueryCommandInput,
  options: QueryOptions = {},
): AsyncGenerator<Item, void, void> {
  for await (const { items } of queryPages(client, query, options)) yield* items
}
