import { callAwsJson, found } from '../services/call.ts'
import type { Json } from '../services/aws-json.ts'
import type { Resolved } from './template.ts'

interface KeyPart {
  readonly AttributeName: string
  readonly KeyType: string
}
interface Shape {
  readonly KeySchema: readonly KeyPart[]
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string
    readonly KeySchema: readonly KeyPart[]
  }[]
}

/**
 * Makes a table of the template, or brings its settings up to date.
 * @throws Error when the table exists with other keys or indexes: they can't be changed without moving its items.
 */
export async function ensureTable(endpoint: string, name: string, { properties }: Resolved): Promise<void> {
  const call = (operation: string, input: Json) =>
    callAwsJson(endpoint, `DynamoDB_20120810.${operation}`, { TableName: name, ...input })
  const wanted = properties as unknown as Shape
  const existing = await found(call('DescribeTable', {}))
  const table = existing?.['Table'] as Shape | undefined
  if (!table) await create(call, properties)
  else if (shapeOf(table) !== shapeOf(wanted))
    throw new Error(
      `the table ${name} was made with other keys or indexes than the template has now: remove the data folder, or start with another SLUICE_DATA_DIR`,
    )
  const ttl = properties['TimeToLiveSpecification']
  if (ttl) await call('UpdateTimeToLive', { TimeToLiveSpecification: ttl })
  const replica = replicaOf(properties)
  if (replica['PointInTimeRecoverySpecification'])
    await call('UpdateContinuousBackups', {
      PointInTimeRecoverySpecification: replica['PointInTimeRecoverySpecification'],
    })
}

async function create(
  call: (operation: string, input: Json) => Promise<Json>,
  properties: Resolved['properties'],
): Promise<void> {
  const { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes } = properties
  await call('CreateTable', {
    AttributeDefinitions,
    KeySchema,
    BillingMode,
    ...(GlobalSecondaryIndexes !== undefined && { GlobalSecondaryIndexes }),
    DeletionProtectionEnabled: replicaOf(properties)['DeletionProtectionEnabled'] === true,
  })
  await call('DescribeTable', {})
}

/** A global table says per region what a table says of itself; here there is one region. */
const replicaOf = (properties: Resolved['properties']): Json =>
  (properties['Replicas'] as readonly Json[] | undefined)?.[0] ?? {}

const keys = (parts: readonly KeyPart[]): string =>
  parts.map(({ KeyType, AttributeName }) => `${KeyType} ${AttributeName}`).join()

const shapeOf = ({ KeySchema, GlobalSecondaryIndexes = [] }: Shape): string =>
  [
    keys(KeySchema),
    ...GlobalSecondaryIndexes.map((index) => `${index.IndexName}: ${keys(index.KeySchema)}`).toSorted(),
  ].join('; ')
