import {
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { controlKeys, ttlAttribute } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import type { EpochSeconds } from '../primitives/clock.ts'

export type Item = Readonly<Record<string, AttributeValue>>

export interface DocumentsTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly table: string
}

export interface DocumentPlace<Id, Document> {
  /** Partition and sort key. */
  readonly keyOf: (id: Id) => readonly [string, string]
  /** What one is called when it can't be read. */
  readonly noun: string
  /** What else stands beside the document, such as the keys of an index. */
  readonly beside?: ((document: Document) => Item) | undefined
  /** Runs a call; what fails in it is thrown as the owner's own error. */
  readonly guarded: <T>(task: () => Promise<T>) => Promise<T>
}

export interface Versioned {
  readonly tenant: string
  readonly version: number
  /** When the store may forget it. */
  readonly expireAt?: EpochSeconds
}

/** Documents as JSON, one item each, and beside it what conditions read. */
export interface Documents<Id, Document extends Versioned> {
  get(id: Id): Promise<Document | undefined>
  create(document: Document & Id): Promise<'created' | 'exists'>
  save(document: Document & Id, by: string): Promise<'saved' | 'lost'>
}

/** Each write is conditional on the version that was read, and says whose it is: an answer that got lost is told from another's write. */
export function dynamoDocuments<Id, Document extends Versioned>(
  options: DocumentsTable,
  place: DocumentPlace<Id, Document>,
): Documents<Id, Document> {
  return {
    async get(id) {
      const command = new GetItemCommand({
        TableName: options.table,
        Key: itemKey(place.keyOf(id)),
        ConsistentRead: true,
      })
      const { Item } = await place.guarded(() => options.client.send(command))
      return Item && (documentIn(Item, place.noun) as Document)
    },
    async create(document) {
      const condition = `attribute_not_exists(${controlKeys.partition})`
      const key = place.keyOf(document)
      const attributes = attributesOf(document, '', place)
      const answer = await put({ key, attributes, condition }, options, place.guarded)
      return answer === 'written' ? 'created' : 'exists'
    },
    async save(document, by) {
      const { version } = document
      const next = { ...document, version: version + 1 }
      const read = { N: String(version) }
      const key = place.keyOf(document)
      const attributes = attributesOf(next, by, place)
      const answer = await put(
        { key, attributes, condition: '#version = :read', read },
        options,
        place.guarded,
      )
      if (answer === 'written') return 'saved'
      // The first try's answer may have got lost: then what stands there is what was to be written.
      return answer['by']?.S === by && answer['version']?.N === String(version + 1) ? 'saved' : 'lost'
    },
  }
}

const itemKey = ([partition, sort]: readonly [string, string]) => ({
  [controlKeys.partition]: { S: partition },
  [controlKeys.sort]: { S: sort },
})

/** @throws SluiceError `RECORD_CORRUPT` */
export function documentIn(item: Item, noun: string): unknown {
  try {
    if (item['v']?.N === '1') return JSON.parse(item['document']?.S ?? '') as unknown
  } catch {
    // Said below.
  }
  throw new SluiceError('RECORD_CORRUPT', `${noun} is not a record of version 1`)
}

interface Put {
  readonly key: readonly [string, string]
  readonly attributes: Item
  readonly condition: string
  readonly read?: AttributeValue
}

/** What stands there instead, where the condition did not hold. An update can be allowed where putting whole items is not. */
async function put(
  { key, attributes: all, condition, read }: Put,
  { client, table: TableName }: DocumentsTable,
  guarded: DocumentPlace<unknown, unknown>['guarded'],
): Promise<Item | 'written'> {
  const attributes = Object.entries(all)
  const command = new UpdateItemCommand({
    TableName,
    Key: itemKey(key),
    UpdateExpression: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
      ...(read && { ':read': read }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  return guarded(async () => {
    try {
      await client.send(command)
      return 'written'
    } catch (error) {
      if (errorName(error) !== 'ConditionalCheckFailedException') throw error
      return (error as { readonly Item?: Item }).Item ?? {}
    }
  })
}

const attributesOf = <Id, Document extends Versioned>(
  document: Document,
  by: string,
  { beside }: DocumentPlace<Id, Document>,
): Item => ({
  v: { N: '1' },
  version: { N: String(document.version) },
  by: { S: by },
  tenant: { S: document.tenant },
  document: { S: JSON.stringify(document) },
  ...(document.expireAt !== undefined && { [ttlAttribute]: { N: String(document.expireAt) } }),
  ...beside?.(document),
})
