import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { startServices, type ServiceEndpoints } from '#infra/local/services/start-services.ts'
import { hasJava, startDynamoDbLocal } from './java.ts'

type Sender = DynamoDBClient | SQSClient | S3Client

/** One implementation of a service. Opened once per test file. */
export interface Target<Client extends Sender> {
  readonly name: string
  open(): Promise<Opened<Client>>
}
export interface Opened<Client extends Sender> {
  readonly client: Pick<Client, 'send'>
  close(): Promise<void>
}

const access = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }

/** A service of the local stack, on disk as it runs there, through its real client. */
const embedded = <Client extends Sender>(
  connect: (endpoints: ServiceEndpoints) => Client,
): Target<Client> => ({
  name: 'the local stack',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-contract-'))
    const services = await startServices(folder)
    return {
      client: connect(services.endpoints),
      async close() {
        await services.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})

const official: Target<DynamoDBClient> = {
  name: 'DynamoDB Local',
  async open() {
    const local = await startDynamoDbLocal()
    return {
      client: new DynamoDBClient({ ...access, endpoint: local.url }),
      close: () => local.stop(),
    }
  },
}

function announced<Client extends Sender>(
  service: string,
  targets: readonly Target<Client>[],
): readonly Target<Client>[] {
  process.stdout.write(`${service} conformance runs against: ${targets.map(({ name }) => name).join(', ')}\n`)
  return targets
}

/** Where the DynamoDB cases run: AWS's own emulator too, where there is a Java for it. */
export const dynamodbTargets = announced('DynamoDB', [
  embedded(({ dynamodb }) => new DynamoDBClient({ ...access, endpoint: dynamodb })),
  ...(hasJava() ? [official] : []),
])

export const sqsTargets = announced('SQS', [
  embedded(({ sqs }) => new SQSClient({ ...access, endpoint: sqs, useQueueUrlAsEndpoint: false })),
])

export const s3Targets = announced('S3', [
  embedded(({ s3 }) => new S3Client({ ...access, endpoint: s3, forcePathStyle: true })),
])
