import { randomBytes } from 'node:crypto'
import { callAwsJson, found } from '../services/call.ts'
import type { ServiceEndpoints } from '../services/start-services.ts'
import { ensureTable } from './provision-table.ts'
import { resourcesOf, type Identity, type Resolve, type Resolved, type Template } from './template.ts'

export interface Provisioning {
  readonly template: Template
  readonly resolve: Resolve
  readonly identities: ReadonlyMap<string, Identity>
  readonly endpoints: ServiceEndpoints
}

/**
 * Creates the tables, queues, buckets, buses, keys and secrets of the template that are not there yet, and gives those
 * that are there the settings of the template. Never deletes anything.
 */
export async function provision({ template, resolve, identities, endpoints }: Provisioning): Promise<void> {
  const each = async (type: string, make: (resource: Resolved, name: string) => Promise<void>) => {
    for (const resource of resourcesOf(template, type, resolve))
      await make(resource, identities.get(resource.id)?.ref ?? resource.id)
  }
  await each('AWS::DynamoDB::GlobalTable', (table, name) => ensureTable(endpoints.dynamodb, name, table))
  await each('AWS::SQS::Queue', (queue, url) => ensureQueue(endpoints.sqs, url, queue))
  await each('AWS::S3::Bucket', (_, name) => ensureBucket(endpoints.s3, name))
  await each('AWS::Events::EventBus', (_, name) => ensureBus(endpoints.events, name))
  await each('AWS::KMS::Key', async (_, id) => {
    // Not a parameter of the real call: the id is fixed by the template, so that it is the same at every start.
    await callAwsJson(endpoints.kms, 'TrentService.CreateKey', { KeyId: id })
  })
  await each('AWS::SecretsManager::Secret', (secret, arn) =>
    ensureSecret(endpoints.secretsmanager, arn, secret),
  )
}

const queueAttributes = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
]

async function ensureQueue(endpoint: string, url: string, { properties }: Resolved): Promise<void> {
  const Attributes = Object.fromEntries(
    queueAttributes
      .map((name): readonly [string, unknown] => [name, properties[name]])
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, JSON.stringify(value)]),
  )
  const QueueName = url.split('/').at(-1)
  const existing = await found(callAwsJson(endpoint, 'AmazonSQS.GetQueueUrl', { QueueName }))
  if (existing) await callAwsJson(endpoint, 'AmazonSQS.SetQueueAttributes', { QueueUrl: url, Attributes })
  else await callAwsJson(endpoint, 'AmazonSQS.CreateQueue', { QueueName, Attributes })
}

async function ensureBucket(endpoint: string, name: string): Promise<void> {
  const { status } = await fetch(`${endpoint}/${name}`, { method: 'PUT' })
  if (status !== 200 && status !== 409)
    throw new Error(`the bucket ${name} could not be made: HTTP ${status}`)
}

async function ensureBus(endpoint: string, Name: string): Promise<void> {
  const existing = await found(callAwsJson(endpoint, 'AWSEvents.DescribeEventBus', { Name }))
  if (!existing) await callAwsJson(endpoint, 'AWSEvents.CreateEventBus', { Name })
}

interface Generate {
  readonly SecretStringTemplate?: string
  readonly GenerateStringKey?: string
  readonly PasswordLength?: number
}

async function ensureSecret(endpoint: string, arn: string, { properties }: Resolved): Promise<void> {
  const existing = await found(callAwsJson(endpoint, 'secretsmanager.DescribeSecret', { SecretId: arn }))
  if (existing) return
  const generate = properties['GenerateSecretString'] as Generate | undefined
  const { SecretStringTemplate = '{}', GenerateStringKey: key, PasswordLength = 32 } = generate ?? {}
  const password = randomBytes(PasswordLength)
    .toString('base64url')
    .replace(/[-_]/g, 'x')
    .slice(0, PasswordLength)
  const whole = key
    ? JSON.stringify({ ...(JSON.parse(SecretStringTemplate) as object), [key]: password })
    : password
  const Name = (arn.split(':secret:')[1] ?? arn).slice(0, -7)
  const SecretString = properties['SecretString'] ?? whole
  await callAwsJson(endpoint, 'secretsmanager.CreateSecret', { Name, SecretString })
}
