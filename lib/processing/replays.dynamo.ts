import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { documentIn, dynamoDocuments, type DocumentsTable } from '../aws/documents.ts'
import { controlKeys, replayKey, replayTurnKey } from '../config/names.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import type { Replay, Replays, ReplayTurn } from './replays.ts'

const noun = 'a replay'

/** {@link Replays} in the Control table. */
export function dynamoReplays(options: DocumentsTable): Replays {
  const replays = dynamoDocuments<string | { readonly id: string }, Replay>(options, {
    keyOf: (id) => [replayKey, typeof id === 'string' ? id : id.id],
    noun,
    guarded,
  })
  const turns = dynamoDocuments<{ readonly tenant: string }, ReplayTurn>(options, {
    keyOf: ({ tenant }) => [replayTurnKey, tenant],
    noun: 'the turn of a replay',
    guarded,
  })
  return {
    get: (id) => replays.get(id),
    create: (replay) => replays.create(replay),
    save: (replay, by) => replays.save(replay, by),
    turn: (tenant) => turns.get({ tenant }),
    async takeTurn(turn, before, by) {
      if (!before) return (await turns.create({ ...turn, version: 0 })) === 'created'
      return (await turns.save({ ...turn, version: before.version }, by)) === 'saved'
    },
    async list() {
      const command = new QueryCommand({
        TableName: options.table,
        KeyConditionExpression: `${controlKeys.partition} = :all`,
        ExpressionAttributeValues: { ':all': { S: replayKey } },
        Limit: 500,
        ConsistentRead: true,
      })
      const { Items = [] } = await guarded(() => options.client.send(command))
      const found = Items.map((item) => documentIn(item, noun) as Replay)
      return found.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, 100)
    },
  }
}

/** @throws SluiceError `LEDGER_UNAVAILABLE` */
async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause
    throw new SluiceError('LEDGER_UNAVAILABLE', `the table of replays: ${describeError(cause)}`, { cause })
  }
}
