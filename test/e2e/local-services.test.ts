import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb'
import { CreateEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startServices, type ServiceEndpoints, type Services } from '#infra/local/services/start-services.ts'

const access = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
}
const clients = (endpoints: ServiceEndpoints) => ({
  dynamodb: new DynamoDBClient({ ...access, endpoint: endpoints.dynamodb }),
  sqs: new SQSClient({ ...access, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false }),
  s3: new S3Client({ ...access, endpoint: endpoints.s3, forcePathStyle: true }),
  secrets: new SecretsManagerClient({ ...access, endpoint: endpoints.secretsmanager }),
  events: new EventBridgeClient({ ...access, endpoint: endpoints.events }),
  kms: new KMSClient({ ...access, endpoint: endpoints.kms }),
})
type Clients = ReturnType<typeof clients>

const S = (value: string): AttributeValue => ({ S: value })
const [TableName, Bucket, QueueName, EventBusName] = ['Kept', 'kept', 'kept', 'kept']

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-services-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const createAll = async ({ dynamodb, sqs, s3, events }: Clients): Promise<string> => {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'month', 'at'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byMonth',
          KeySchema: [
            { AttributeName: 'month', KeyType: 'HASH' },
            { AttributeName: 'at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      DeletionProtectionEnabled: true,
    }),
  )
  await dynamodb.send(new DescribeTableCommand({ TableName }))
  await s3.send(new CreateBucketCommand({ Bucket }))
  await events.send(new CreateEventBusCommand({ Name: EventBusName }))
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }))
  return QueueUrl
}

describe('services that are killed', () => {
  let child: ChildProcess
  afterEach(() => child.kill('SIGKILL'))

  const spawnServices = async (): Promise<ServiceEndpoints> => {
    const script = join(import.meta.dirname, 'local-services-process.ts')
    const started = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    const { value } = await createInterface({ input: started.stdout })[Symbol.asyncIterator]().next()
    return JSON.parse(value as string) as ServiceEndpoints
  }

  test('have everything that they answered for, in every service and in every index', async () => {
    const first = clients(await spawnServices())
    const QueueUrl = await createAll(first)
    const kept: Record<'items' | 'objects' | 'messages' | 'events', string[]> = {
      items: [],
      objects: [],
      messages: [],
      events: [],
    }
    const enough = Promise.withResolvers<void>()
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; ; n += 1) {
        const key = `${writer}-${n}`
        try {
          const Item = { pk: S(key), month: S(`m${writer}`), at: S(key) }
          await first.dynamodb.send(new PutItemCommand({ TableName, Item }))
          kept.items.push(key)
          await first.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: key }))
          kept.objects.push(key)
          await first.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: key }))
          kept.messages.push(key)
          const entry = { EventBusName, Source: 'test', DetailType: 'test', Detail: JSON.stringify({ key }) }
          await first.events.send(new PutEventsCommand({ Entries: [entry] }))
          kept.events.push(key)
        } catch {
          return
        }
        if (kept.events.length >= 200) enough.resolve()
      }
    })
    await enough.promise
    child.kill('SIGKILL')
    await Promise.all(writers)

    const services = await startServices(folder)
    const again = clients(services.endpoints)
    for (let at = 0; at < kept.items.length; at += 100) {
      const Keys = kept.items.slice(at, at + 100).map((key) => ({ pk: S(key) }))
      const { Responses } = await again.dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }),
      )
      expect(Responses?.[TableName]).toHaveLength(Keys.length)
    }
    const indexed = await Promise.all(Array.from({ length: 8 }, (_, writer) => monthOf(again, `m${writer}`)))
    expect(new Set(indexed.flat())).toEqual(new Set([...kept.items, ...indexed.flat()]))
    for (const key of kept.objects) expect(await objectOf(again, key)).toBe(key)
    const bodies = await drain(again, QueueUrl)
    for (const key of kept.messages) expect(bodies).toContain(key)
    const published = new Set(services.published().map(({ detail }) => (detail as { key: string }).key))
    for (const key of kept.events.slice(-200)) expect(published).toContain(key)
    await services.close()
  })
})

const monthOf = async ({ dynamodb }: Clients, month: string): Promise<string[]> => {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName,
      IndexName: 'byMonth',
      KeyConditionExpression: '#m = :m',
      ExpressionAttributeNames: { '#m': 'month' },
      ExpressionAttributeValues: { ':m': S(month) },
    }),
  )
  return Items.map(({ pk }) => pk?.S ?? '')
}

const objectOf = async ({ s3 }: Clients, Key: string): Promise<string | undefined> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return Body?.transformToString()
}

/** Bodies of all messages that can be seen. */
const drain = async ({ sqs }: Clients, QueueUrl: string): Promise<Set<string | undefined>> => {
  const bodies = new Set<string | undefined>()
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    if (Messages.length === 0) return bodies
    for (const { Body } of Messages) bodies.add(Body)
  }
}

describe('services that run', () => {
  let services: Services
  let of: Clients
  beforeEach(async () => {
    services = await startServices(folder)
    of = clients(services.endpoints)
  })
  afterEach(() => services.close())
  const restart = async () => {
    await services.close()
    services = await startServices(folder)
    of = clients(services.endpoints)
  }

  test('answer on the loopback interface only', () => {
    for (const url of Object.values(services.endpoints)) expect(new URL(url).hostname).toBe('127.0.0.1')
  })

  test('a message that a dead process held is seen at once after a start, and counted', async () => {
    const { QueueUrl = '' } = await of.sqs.send(new CreateQueueCommand({ QueueName }))
    await of.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'held' }))
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      VisibilityTimeout: 3_600,
      MessageSystemAttributeNames: ['All'],
    })
    expect((await of.sqs.send(receive)).Messages).toHaveLength(1)
    await restart()
    const [message] = (await of.sqs.send(receive)).Messages ?? []
    expect(message).toMatchObject({ Body: 'held', Attributes: { ApproximateReceiveCount: '2' } })
  })

  test('an item past its TTL is swept, one that is not stays', async () => {
    await createAll(of)
    const specification = { AttributeName: 'expireAt', Enabled: true }
    await of.dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: specification }))
    const put = (pk: string, expireAt: string) =>
      of.dynamodb.send(new PutItemCommand({ TableName, Item: { pk: S(pk), expireAt: { N: expireAt } } }))
    await Promise.all([put('over', '1000'), put('now', '2000'), put('later', '2001')])
    await restart()
    expect(await services.sweep(2_000)).toBe(1)
    const exists = async (pk: string) =>
      (await of.dynamodb.send(new GetItemCommand({ TableName, Key: { pk: S(pk) } }))).Item !== undefined
    expect([await exists('over'), await exists('now'), await exists('later')]).toEqual([false, true, true])
  })

  test('a protected table is not deleted, and says so; backups are a setting', async () => {
    await createAll(of)
    await expect(of.dynamodb.send(new DeleteTableCommand({ TableName }))).rejects.toThrow(
      'protected against deletion',
    )
    const { Table } = await of.dynamodb.send(new DescribeTableCommand({ TableName }))
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', DeletionProtectionEnabled: true })
    const enabled = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }
    await of.dynamodb.send(new UpdateContinuousBackupsCommand({ TableName, ...enabled }))
    const { ContinuousBackupsDescription } = await of.dynamodb.send(
      new DescribeContinuousBackupsCommand({ TableName }),
    )
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription).toMatchObject({
      PointInTimeRecoveryStatus: 'ENABLED',
    })
  })

  test('a secret keeps its last value over a restart, by name and by ARN; a missing one is named so', async () => {
    const Name = 'sluice/dev/stripe'
    const { ARN } = await of.secrets.send(new CreateSecretCommand({ Name, SecretString: 'a' }))
    await of.secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'b' }))
    await restart()
    for (const SecretId of [Name, ARN])
      expect((await of.secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('b')
    await expect(of.secrets.send(new GetSecretValueCommand({ SecretId: 'no' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(of.secrets.send(new CreateSecretCommand({ Name, SecretString: 'c' }))).rejects.toMatchObject(
      {
        name: 'ResourceExistsException',
      },
    )
  })

  test('a bus takes the good entries of a call, refuses the others one by one, and remembers 1,000', async () => {
    await of.events.send(new CreateEventBusCommand({ Name: EventBusName }))
    const entry = (Detail: string, bus = EventBusName) => ({
      EventBusName: bus,
      Source: 's',
      DetailType: 't',
      Detail,
    })
    const { FailedEntryCount, Entries = [] } = await of.events.send(
      new PutEventsCommand({
        Entries: [entry('{}'), entry('not json'), entry('{}', 'ghost'), entry('{"a":1}')],
      }),
    )
    expect(FailedEntryCount).toBe(2)
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'InvalidArgument',
      undefined,
    ])
    for (let n = 0; n < 101; n += 1)
      await of.events.send(
        new PutEventsCommand({ Entries: Array.from({ length: 10 }, (_, m) => entry(`{"n":${n * 10 + m}}`)) }),
      )
    const published = services.published().map(({ detail }) => (detail as { n: number }).n)
    expect(published).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 10))
  })

  test('a ciphertext is opened by its key in its context, after a restart too, and in no other context', async () => {
    const { KeyMetadata } = await of.kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.KeyId
    const EncryptionContext = { tenant: 't1', provider: 'p' }
    const { CiphertextBlob, Plaintext } = await of.kms.send(
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }),
    )
    await restart()
    const reordered = { provider: 'p', tenant: 't1' }
    const opened = await of.kms.send(
      new DecryptCommand({ CiphertextBlob, KeyId, EncryptionContext: reordered }),
    )
    expect(opened.Plaintext).toEqual(Plaintext)
    expect(Plaintext).toHaveLength(32)
    const elsewhere = { tenant: 't2', provider: 'p' }
    await expect(
      of.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: elsewhere })),
    ).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    })
    await expect(of.kms.send(new EncryptCommand({ KeyId: 'none', Plaintext }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
  })

  test('an operation that no service here has is refused by name', async () => {
    const response = await fetch(services.endpoints.secretsmanager, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.RotateSecret' },
      body: '{}',
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('has no RotateSecret')
  })
})
