import { CreateTableCommand, DynamoDB } from '@aws-sdk/client-dynamodb'
import { RateLimiterDynamo } from 'rate-limiter-flexible'
import { startServices } from '#infra/local/services/start-services.ts'
import { keepAnswerDates } from '#lib/aws/answer-date.ts'
import { controlKeys } from '#lib/config/names.ts'
import { dynamoLimiter } from '#lib/outbound/limiter.dynamo.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { fixed, table } from './table.ts'

/** Calls that each peer lets through, over all workers. */
const calls = 2_000
const workers = 10
const perMinute = 60_000

/** What a shared limit costs: requests that reach the table, counted in the client, per call that was let through. */
export async function benchLimits(): Promise<string> {
  const services = await startServices()
  try {
    const rows = [
      ['sluice, 1 worker', fixed(await sluice(services.endpoints.dynamodb, 'Alone', 1), 3)],
      [`sluice, ${workers} workers`, fixed(await sluice(services.endpoints.dynamodb, 'Shared', workers), 3)],
      ['rate-limiter-flexible', fixed(await flexible(services.endpoints.dynamodb), 3)],
    ]
    return table(['shared limiter', 'DynamoDB requests per call'], rows)
  } finally {
    await services.close()
  }
}

function counting(endpoint: string) {
  let requests = 0
  const client = new DynamoDB({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    maxAttempts: 1,
  })
  client.middlewareStack.add(
    (next) => (args) => {
      requests += 1
      return next(args)
    },
    { step: 'finalizeRequest', name: 'count' },
  )
  return { client: keepAnswerDates(client), requests: () => requests }
}

async function sluice(endpoint: string, TableName: string, count: number): Promise<number> {
  const { client, requests } = counting(endpoint)
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: controlKeys.partition, KeyType: 'HASH' },
        { AttributeName: controlKeys.sort, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [controlKeys.partition, controlKeys.sort].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
    }),
  )
  const before = requests()
  const scope = { provider: 'bench', scope: 'app', windows: [{ limit: perMinute, windowMs: 60_000 }] }
  let granted = 0
  const worker = async (): Promise<void> => {
    const limiter = dynamoLimiter({ client, table: TableName, clock: systemClock, random: systemRandom })
    while (granted < calls) {
      const taken = await limiter.take(scope, { priority: 'interactive' })
      if (taken.kind === 'granted') granted += 1
      else await systemClock.sleep(taken.waitMs)
    }
  }
  await Promise.all(Array.from({ length: count }, worker))
  client.destroy()
  return (requests() - before) / granted
}

async function flexible(endpoint: string): Promise<number> {
  const { client, requests } = counting(endpoint)
  await client.createTable({
    TableName: 'Flexible',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
  })
  const limiter = new RateLimiterDynamo({
    storeClient: client,
    tableName: 'Flexible',
    tableCreated: true,
    ttlSet: true,
    points: perMinute,
    duration: 60,
  })
  const before = requests()
  for (let i = 0; i < calls; i += 1) await limiter.consume('app')
  client.destroy()
  return (requests() - before) / calls
}
