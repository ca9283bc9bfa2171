import {
  DeleteItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { ledger } from '../config/defaults.ts'
import { controlKeys, heldByKey, heldKey, ttlAttribute } from '../config/names.ts'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { epochMs, later, toSeconds } from '../primitives/clock.ts'
import type { Cause, Held, HeldEvent, KnownCause } from './held.ts'

export interface DynamoHeldOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
}

const text = (value: string): AttributeValue => ({ S: value })
const nameOf = ({ kind, provider, tenant = '' }: Cause): string => `${kind}#${provider}#${tenant}`
const keyOf = (partition: string, sort: string) => ({
  [controlKeys.partition]: text(partition),
  [controlKeys.sort]: text(sort),
})
const placeOf = ({ id, dueAt }: HeldEvent): string => `${String(dueAt).padStart(13, '0')}#${id}`

/** Only notes: all that the worker does, and all that its bundle has to hold. */
export const dynamoHeldNotes = ({ client, table }: DynamoHeldOptions): Pick<Held, 'note'> => ({
  note: noting(client, table),
})

/** {@link Held} in the Control table: a partition of events for each cause, and one of all causes. */
export function dynamoHeld({ client, table: TableName }: DynamoHeldOptions): Held {
  return {
    note: noting(client, TableName),
    async causes(signal) {
      const { Items = [] } = await guarded(() =>
        client.send(query(TableName, heldKey, { limit: 100 }), { abortSignal: signal }),
      )
      return Items.map((item) => causeIn(item[controlKeys.sort]?.S ?? '', Number(item['noted']?.N ?? 0)))
    },
    async due(cause, now, limit, signal) {
      const before = String(now + 1).padStart(13, '0')
      const { Items = [] } = await guarded(() =>
        client.send(query(TableName, heldByKey(nameOf(cause)), { limit, before }), { abortSignal: signal }),
      )
      return Items.map((item) => {
        const place = item[controlKeys.sort]?.S ?? ''
        return { id: place.slice(14), dueAt: epochMs(Number(place.slice(0, 13))) }
      })
    },
    async forget(cause, event, signal) {
      const Key = keyOf(heldByKey(nameOf(cause)), placeOf(event))
      await guarded(() => client.send(new DeleteItemCommand({ TableName, Key }), { abortSignal: signal }))
    },
    async close(cause, signal) {
      const { Items = [] } = await guarded(() =>
        client.send(query(TableName, heldByKey(nameOf(cause)), { limit: 1 }), { abortSignal: signal }),
      )
      if (Items.length > 0) return
      const command = new DeleteItemCommand({
        TableName,
        Key: keyOf(heldKey, nameOf(cause)),
        ConditionExpression: 'noted = :noted',
        ExpressionAttributeValues: { ':noted': { N: String(cause.noted) } },
      })
      await guarded(() => client.send(command, { abortSignal: signal })).catch((error: unknown) => {
        if (errorName((error as Error).cause) !== 'ConditionalCheckFailedException') throw error
      })
    },
  }
}

/** The event first: a cause that is closed meanwhile is noted anew. */
const noting =
  (client: DynamoHeldOptions['client'], TableName: string): Held['note'] =>
  async (cause, event) => {
    const add = (key: ReturnType<typeof keyOf>, more = '', values = {}): Promise<unknown> =>
      guarded(() =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: key,
            UpdateExpression: `SET #end = :end${more}`,
            ExpressionAttributeNames: { '#end': ttlAttribute },
            ExpressionAttributeValues: {
              ':end': { N: String(toSeconds(later(event.dueAt, ledger.retentionMs))) },
              ...values,
            },
          }),
        ),
      )
    await add(keyOf(heldByKey(nameOf(cause)), placeOf(event)))
    await add(keyOf(heldKey, nameOf(cause)), ' ADD noted :one', { ':one': { N: '1' } })
  }

function query(
  TableName: string,
  partition: string,
  { limit, before }: { readonly limit: number; readonly before?: string },
): QueryCommand {
  const { partition: pk, sort: sk } = controlKeys
  return new QueryCommand({
    TableName,
    KeyConditionExpression: before === undefined ? `${pk} = :all` : `${pk} = :all AND ${sk} < :before`,
    ExpressionAttributeValues: { ':all': text(partition), ...(before && { ':before': text(before) }) },
    Limit: limit,
    ConsistentRead: true,
  })
}

function causeIn(name: string, noted: number): KnownCause {
  const [kind = '', provider = '', tenant = ''] = name.split('#')
  return {
    kind: kind === 'connection' ? 'connection' : 'provider',
    provider,
    ...(tenant !== '' && { tenant }),
    noted,
  }
}

/** @throws SluiceError `LEDGER_UNAVAILABLE` */
async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    throw new SluiceError('LEDGER_UNAVAILABLE', 'the table of what events wait for', { cause })
  }
}
