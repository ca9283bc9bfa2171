import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startServices } from '#infra/local/services/start-services.ts'
import { byConnection, byDeath, byRefresh, byTime, controlKeys, ledgerKey } from '#lib/config/names.ts'

export interface Tables {
  readonly client: DynamoDBClient
  readonly close: () => Promise<void>
}

/** Ledger and Control on the local DynamoDB, with the template's keys and projections. */
export async function startTables(): Promise<Tables> {
  const services = await startServices()
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: services.endpoints.dynamodb,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  return {
    client,
    close: async () => {
      client.destroy()
      await services.close()
    },
  }
}

const keys = (partition: string, sort?: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
]
const texts = (names: readonly string[]) =>
  names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }))
const indexOf = ({
  index,
  partition,
  sort,
  include,
}: typeof byTime | typeof byDeath | typeof byRefresh | typeof byConnection) => ({
  IndexName: index,
  KeySchema: keys(partition, sort),
  Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...include] },
})

/** A Connections table of the caller's own. */
export async function createConnections(client: DynamoDBClient, TableName: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(controlKeys.partition, controlKeys.sort),
      AttributeDefinitions: texts([
        controlKeys.partition,
        controlKeys.sort,
        byRefresh.partition,
        byRefresh.sort,
        byConnection.partition,
        byConnection.sort,
      ]),
      GlobalSecondaryIndexes: [indexOf(byRefresh), indexOf(byConnection)],
    }),
  )
}

/** A Ledger and a Control table of the caller's own. */
export async function createTables(client: DynamoDBClient, ledger: string, control: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: ledger,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(ledgerKey),
      AttributeDefinitions: texts([
        ledgerKey,
        byTime.partition,
        byTime.sort,
        byDeath.partition,
        byDeath.sort,
      ]),
      GlobalSecondaryIndexes: [indexOf(byTime), indexOf(byDeath)],
    }),
  )
  await client.send(
    new CreateTableCommand({
      TableName: control,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(controlKeys.partition, controlKeys.sort),
      AttributeDefinitions: texts([controlKeys.partition, controlKeys.sort]),
    }),
  )
}
