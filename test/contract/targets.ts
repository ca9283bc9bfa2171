import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { startServices, type ServiceEndpoints } from '#infra/local/services/start-services.ts'
import { hasJava, startDynamoDbLocal } from './java.ts'
import { modelDynamodb, modelS3, modelSqs } from './model-clients.ts'

type Sender = DynamoDBClient | SQSClient | S3Client

/** One implementation of a service. Opened once per test file. */
export interface Target<Client extends Sender> {
  readonly name: string
  open(): Promise<Opened<Client>>
}
interface Opened<Client extends Sender> {
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

const model = <Client extends Sender>(make: () => Pick<Client, 'send'>): Target<Client> => ({
  name: "the simulation's model",
  open: async () => ({ client: make(), close: async () => {} }),
})

/** Queues that the cases of every target use. */
const sharedQueues = ['hidden', 'returns', 'given-back', 'longer', 'redrive', 'dead', 'size', 'many'] as const

/** DynamoDB as a whole: AWS's own emulator too, where there is a Java for it. */
export const dynamodbServers: readonly Target<DynamoDBClient>[] = [
  embedded(({ dynamodb }) => new DynamoDBClient({ ...access, endpoint: dynamodb })),
  ...(hasJava() ? [official] : []),
]
export const sqsServers = [
  embedded(({ sqs }) => new SQSClient({ ...access, endpoint: sqs, useQueueUrlAsEndpoint: false })),
]
export const s3Servers = [
  embedded(({ s3 }) => new S3Client({ ...access, endpoint: s3, forcePathStyle: true })),
]

/** What Sluice itself calls: the models of the simulation too, which know no more than that. */
export const dynamodbTargets = [...dynamodbServers, model(modelDynamodb)]
export const sqsTargets = [...sqsServers, model(() => modelSqs(sharedQueues))]
export const s3Targets = [...s3Servers, model(modelS3)]
