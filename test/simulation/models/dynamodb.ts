import {
  ConditionalCheckFailedException,
  type AttributeValue,
  type BatchGetItemCommandInput,
  type DeleteItemCommandInput,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { ExpressionFault, holds, unused, updated, type Item } from './expression.ts'
import { serviceError, type Command, type Model } from './model.ts'
import { queried } from './query.ts'

/** Sees every write that took effect, with the values that its author bound. */
export type WriteListener = (
  before: Item | undefined,
  after: Item | undefined,
  values: Readonly<Record<string, AttributeValue>>,
) => void

export interface SimDynamo extends Model {
  readonly items: ReadonlyMap<string, Item>
  onWrite(listener: WriteListener): void
}

type Conditional = UpdateItemCommandInput | PutItemCommandInput | DeleteItemCommandInput

/** One table of one key attribute, each operation atomic: what DynamoDB promises for a single item. */
export function simDynamo(keyName: string | readonly string[] = 'pk'): SimDynamo {
  const items = new Map<string, Item>()
  /** By the value of the first key attribute: what a query reads. */
  const partitions = new Map<string, Map<string, Item>>()
  const listeners: WriteListener[] = []
  const write = (key: string, after: Item | undefined, input: Conditional): void => {
    const before = items.get(key)
    const name = (after ?? before)?.[partitionName]?.S ?? ''
    const partition = partitions.get(name) ?? new Map<string, Item>()
    partitions.set(name, partition)
    for (const all of [items, partition]) {
      if (after) all.set(key, after)
      else all.delete(key)
    }
    for (const listener of listeners) listener(before, after, input.ExpressionAttributeValues ?? {})
  }

  const [partitionName = '', sortName = ''] = [keyName].flat()
  const operations: Readonly<Record<string, (input: never) => object>> = {
    QueryCommand: (input: QueryCommandInput) => queried(input, partitions, [partitionName, sortName]),
    GetItemCommand: ({ Key }: GetItemCommandInput) => {
      const item = items.get(keyOf(Key, keyName))
      return item ? { Item: item } : {}
    },
    BatchGetItemCommand: ({ RequestItems = {} }: BatchGetItemCommandInput) => ({
      Responses: Object.fromEntries(
        Object.entries(RequestItems).map(([table, { Keys = [] }]) => [
          table,
          Keys.map((Key) => items.get(keyOf(Key, keyName))).filter((item) => item !== undefined),
        ]),
      ),
    }),
    UpdateItemCommand: (input: UpdateItemCommandInput) => {
      const key = keyOf(input.Key, keyName)
      const before = items.get(key)
      check(input, before, [input.UpdateExpression])
      const after = updated(input.UpdateExpression ?? '', before ?? { ...input.Key }, bindingsOf(input))
      write(key, after, input)
      return input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {}
    },
    PutItemCommand: (input: PutItemCommandInput) => {
      const key = keyOf(input.Item, keyName)
      check(input, items.get(key), [])
      write(key, { ...input.Item }, input)
      return {}
    },
    DeleteItemCommand: (input: DeleteItemCommandInput) => {
      const key = keyOf(input.Key, keyName)
      check(input, items.get(key), [])
      write(key, undefined, input)
      return {}
    },
  }
  return {
    items,
    onWrite: (listener) => void listeners.push(listener),
    apply: (command: Command) => {
      const operation = operations[command.constructor.name]
      if (!operation) throw serviceError('UnknownOperationException', command.constructor.name)
      try {
        return operation(command.input as never)
      } catch (error) {
        if (error instanceof ExpressionFault) throw serviceError('ValidationException', error.message)
        throw error
      }
    },
  }
}

const bindingsOf = (input: Conditional) => ({
  names: input.ExpressionAttributeNames,
  values: input.ExpressionAttributeValues,
})

function check(
  input: Conditional,
  item: Item | undefined,
  expressions: readonly (string | undefined)[],
): void {
  const bindings = bindingsOf(input)
  const idle = unused([...expressions, input.ConditionExpression], bindings)
  if (idle.length > 0) throw new ExpressionFault(`never used: ${idle.join(', ')}`)
  if (!input.ConditionExpression || holds(input.ConditionExpression, item, bindings)) return
  throw new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item && { Item: { ...item } }),
  })
}

/** The values of all key attributes, joined. */
function keyOf(
  attributes: Record<string, AttributeValue> | undefined,
  keyName: string | readonly string[],
): string {
  const names = [keyName].flat()
  const values = names.map((name) => attributes?.[name]?.S)
  if (values.includes(undefined))
    throw serviceError('ValidationException', `a key of ${names.join()} is missing`)
  return values.join('/')
}
