import { createHash } from 'node:crypto'
import type { ServiceEndpoints } from '../services/start-services.ts'
import { accountId, region } from '../services/place.ts'
import { secretArn } from '../services/secrets-manager.ts'
import type { Identity, Template } from './template.ts'

/** Addresses that parts of the template stand for on this machine. */
export interface Addresses {
  readonly endpoints: ServiceEndpoints
  /** Where the HTTP API answers. */
  readonly publicUrl: string
}

export const pseudoParameters = {
  'AWS::Region': region,
  'AWS::AccountId': accountId,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'sluice-local',
} as const

const arn = (service: string, resource: string, inAccount = `${region}:${accountId}`): string =>
  `arn:aws:${service}:${inAccount}:${resource}`

type Make = (id: string, name: string, addresses: Addresses) => Identity

/** A name that stays the same from start to start is what lets the state be found again. */
const makers: Readonly<Record<string, Make>> = {
  'AWS::SQS::Queue': (_, name, { endpoints }) => ({
    ref: `${endpoints.sqs}/${accountId}/${name}`,
    attributes: { Arn: arn('sqs', name), QueueName: name },
  }),
  'AWS::DynamoDB::GlobalTable': (_, name) => ({
    ref: name,
    attributes: { Arn: arn('dynamodb', `table/${name}`) },
  }),
  'AWS::S3::Bucket': (_, name) => ({
    ref: name.toLowerCase(),
    attributes: { Arn: arn('s3', name.toLowerCase(), ':') },
  }),
  'AWS::Events::EventBus': (_, name) => ({
    ref: name,
    attributes: { Arn: arn('events', `event-bus/${name}`), Name: name },
  }),
  'AWS::KMS::Key': (id) => {
    const key = keyId(id)
    return { ref: key, attributes: { Arn: arn('kms', `key/${key}`), KeyId: key } }
  },
  'AWS::SecretsManager::Secret': (_, name) => ({ ref: secretArn(name), attributes: {} }),
  'AWS::Lambda::Function': (_, name) => ({
    ref: name,
    attributes: { Arn: arn('lambda', `function:${name}`) },
  }),
  'AWS::ApiGatewayV2::Api': (id, _, { publicUrl }) => ({ ref: id, attributes: { ApiEndpoint: publicUrl } }),
}

/** What exists in the cloud alone: nothing runs for these, but others name them. */
const named =
  (service: string): Make =>
  (_, name) => ({
    ref: name,
    attributes: { Arn: arn(service, name) },
  })
const cloudOnly: Readonly<Record<string, Make>> = {
  'AWS::ApiGatewayV2::Integration': named('apigateway'),
  'AWS::ApiGatewayV2::Route': named('apigateway'),
  'AWS::ApiGatewayV2::Stage': named('apigateway'),
  'AWS::CloudWatch::Alarm': named('cloudwatch'),
  'AWS::CloudWatch::Dashboard': named('cloudwatch'),
  'AWS::Events::Archive': named('events'),
  // Buses of partners and of AWS services bring nothing to this machine.
  'AWS::Events::Rule': named('events'),
  'AWS::IAM::Policy': named('iam'),
  'AWS::IAM::Role': named('iam'),
  'AWS::Lambda::EventSourceMapping': named('lambda'),
  'AWS::Lambda::Permission': named('lambda'),
  'AWS::Logs::LogGroup': named('logs'),
  'AWS::S3::BucketPolicy': named('s3'),
  'AWS::SNS::Topic': named('sns'),
  'AWS::SNS::Subscription': named('sns'),
  'AWS::SNS::TopicPolicy': named('sns'),
  'AWS::SQS::QueuePolicy': named('sqs'),
  'AWS::Scheduler::Schedule': named('scheduler'),
}

/**
 * Names, URLs and ARNs of everything in the template.
 * @throws Error when there is a resource of a type that the local stack has never heard of: silence would be a gap.
 */
export function identitiesOf(template: Template, addresses: Addresses): ReadonlyMap<string, Identity> {
  return new Map(
    Object.entries(template.Resources).map(([id, { Type, Properties = {} }]) => {
      const make = makers[Type] ?? cloudOnly[Type]
      if (!make) throw new Error(`the local stack does not know ${Type} (${id}): add it to identities.ts`)
      const given = Properties['Name'] ?? Properties['QueueName'] ?? Properties['TableName']
      return [id, make(id, typeof given === 'string' ? given : id, addresses)]
    }),
  )
}

/** A key's id in the usual form, the same at every start. */
const keyId = (id: string): string =>
  createHash('sha256')
    .update(id)
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
