import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, type EpochMs } from '../primitives/clock.ts'
import { roundsItem, type RoundsTable } from './rounds.dynamo.ts'
import { roundNames, type RoundName, type RoundsReader } from './rounds.ts'

/** {@link RoundsReader} of the Control table. */
export const dynamoRoundsReader = ({ client, table: TableName }: RoundsTable): RoundsReader => ({
  async read() {
    const command = new GetItemCommand({ TableName, Key: roundsItem, ConsistentRead: true })
    const { Item = {} } = await client.send(command).catch((cause: unknown) => {
      throw new SluiceError('LEDGER_UNAVAILABLE', 'the table did not answer', { cause })
    })
    const ended: Partial<Record<RoundName, EpochMs>> = {}
    for (const name of roundNames) {
      const at = Item[name]?.N
      if (at !== undefined) ended[name] = epochMs(Number(at))
    }
    return ended
  },
})
