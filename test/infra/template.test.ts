import { beforeAll, describe, expect, test } from 'vitest'
import { byDeath, byTime, env } from '#lib/config/names.ts'
import type { SynthesizedTemplate } from '#infra/synth.ts'
import config from '#config'
import { all, functionOf, one, properties, template } from './given.ts'

let sluice: SynthesizedTemplate
beforeAll(async () => {
  sluice = await template()
})

const functions = ['webhook', 'worker', 'sweeper', 'admin', 'oauth', 'refresher', 'proxy', 'poller'] as const

describe('the gateway', () => {
  test('has the routes of the contract, and no other', () => {
    const routes = all(sluice, 'AWS::ApiGatewayV2::Route').map(([, route]) =>
      String(properties(route)['RouteKey']),
    )
    expect(routes.toSorted()).toEqual([
      'ANY /api/{proxy+}',
      'ANY /console',
      'ANY /console/{proxy+}',
      'ANY /health',
      'ANY /oauth/{provider}/callback',
      'ANY /oauth/{provider}/connect',
      'ANY /openapi.json',
      'ANY /proxy/{connection}/{path+}',
      'ANY /webhooks/{provider}',
      'ANY /webhooks/{provider}/{endpoint}',
      'POST /webhooks/{provider}',
      'POST /webhooks/{provider}/{endpoint}',
    ])
  })

  test('hands payload version 2 to the functions', () => {
    for (const [id, integration] of all(sluice, 'AWS::ApiGatewayV2::Integration'))
      expect(properties(integration), id).toMatchObject({
        PayloadFormatVersion: '2.0',
        IntegrationType: 'AWS_PROXY',
      })
  })

  test('limits what comes in, and the API and console below that', () => {
    const stage = properties(one(sluice, 'AWS::ApiGatewayV2::Stage'))
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000 },
    })
    const limits = stage['RouteSettings'] as Record<string, { ThrottlingRateLimit: number }>
    const routes = all(sluice, 'AWS::ApiGatewayV2::Route').map(([, route]) => properties(route)['RouteKey'])
    expect(routes).toEqual(expect.arrayContaining(Object.keys(limits)))
    expect(limits['ANY /api/{proxy+}']?.ThrottlingRateLimit).toBe(50)
    expect(limits['ANY /proxy/{connection}/{path+}']?.ThrottlingRateLimit).toBe(50)
  })
})

describe('the functions', () => {
  test('the admin function is told whose tokens it takes, and nothing where the config names nobody', async () => {
    const issuer = { issuer: 'https://login.example.com/', audience: 'https://sluice.example.com' }
    const open = await template({ config: { ...config, admin: { oidc: issuer } } })
    const told = (from: SynthesizedTemplate) =>
      (properties(functionOf(from, 'admin'))['Environment'] as { Variables: Record<string, string> })
        .Variables[env.adminOidc]
    expect(JSON.parse(told(open) ?? '')).toMatchObject({ ...issuer, rolesClaim: 'roles' })
    expect(told(sluice)).toBeUndefined()
    expect(JSON.stringify(functionOf(open, 'proxy'))).toContain(env.adminOidc)
  })

  test.each(functions)('%s runs on arm64 with the newest Node, in JSON, with a log that ends', (name) => {
    const fn = properties(functionOf(sluice, name))
    expect(fn).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x', Handler: 'index.handler' })
    expect(fn['LoggingConfig']).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' })
    const log = (fn['LoggingConfig'] as { LogGroup: { Ref: string } }).LogGroup.Ref
    expect(sluice.Resources[log]?.Properties).toEqual({ RetentionInDays: 30 })
  })

  test('take no reserved concurrency unless the config says so, and then exactly that', async () => {
    expect(properties(functionOf(sluice, 'webhook'))).not.toHaveProperty('ReservedConcurrentExecutions')
    const limited = await template({ config: { ...config, concurrency: { reserved: { webhook: 20 } } } })
    expect(properties(functionOf(limited, 'webhook'))['ReservedConcurrentExecutions']).toBe(20)
  })

  test('of the worker, the sweeper and the poller answer with the failed items of a batch', () => {
    const mappings = all(sluice, 'AWS::Lambda::EventSourceMapping').map(([, mapping]) => properties(mapping))
    expect(mappings.map((mapping) => mapping['BatchSize'])).toEqual([10, 10, 1, 1, 1])
    for (const mapping of mappings)
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] })
    const scaling = mappings.map((mapping) => mapping['ScalingConfig'])
    expect(scaling).toEqual([
      { MaximumConcurrency: 50 },
      { MaximumConcurrency: 10 },
      { MaximumConcurrency: 2 },
      { MaximumConcurrency: 10 },
      { MaximumConcurrency: 2 },
    ])
  })

  test('of the sweeper, the refresher and the poller start each minute and are not started again when they fail', () => {
    const schedules = all(sluice, 'AWS::Scheduler::Schedule').map(([, schedule]) => properties(schedule))
    expect(schedules).toHaveLength(3)
    for (const schedule of schedules) {
      expect(schedule).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
        Target: { RetryPolicy: { MaximumRetryAttempts: 0 } },
      })
    }
  })

  test('get the handlers environment in the worker only', async () => {
    const withBooks = await template({
      config: { ...config, environment: { BOOKS_URL: 'https://b.example' } },
    })
    const has = functions.filter((name) => JSON.stringify(functionOf(withBooks, name)).includes('BOOKS_URL'))
    expect(has).toEqual(['worker'])
  })

  test('what tells where a provider is goes to the refresher, the proxy and the poller too', async () => {
    const environment = { BOOKS_URL: 'https://b.example', QUICKBOOKS_BASE_URL: 'https://q.example' }
    const made = await template({ config: { ...config, environment } })
    const has = (text: string) =>
      functions.filter((name) => JSON.stringify(functionOf(made, name)).includes(text))
    expect([has('QUICKBOOKS_BASE_URL'), has('BOOKS_URL')]).toEqual([
      ['worker', 'refresher', 'proxy', 'poller'],
      ['worker'],
    ])
  })
})

describe('the queues', () => {
  test.each(['Events', 'Bulk'])(
    '%s hides a message for 6 worker timeouts and gives up after 1,000 receives',
    (name) => {
      const dead = one(sluice, 'AWS::SQS::Queue', `SluiceBuffer${name}Dead`)
      const live = all(sluice, 'AWS::SQS::Queue').find(([id]) =>
        new RegExp(`^SluiceBuffer${name}[0-9A-F]{8}$`).test(id),
      )
      expect(live?.[1].Properties).toEqual({
        MessageRetentionPeriod: 13 * 86_400,
        VisibilityTimeout: 180,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { maxReceiveCount: 1_000, deadLetterTargetArn: { 'Fn::GetAtt': [dead.id, 'Arn'] } },
      })
    },
  )

  test('of poll jobs hides one for 6 poller timeouts and gives up after 5 receives: its polls have other turns', () => {
    const dead = one(sluice, 'AWS::SQS::Queue', 'SluiceBufferPollsDead')
    const live = all(sluice, 'AWS::SQS::Queue').find(([id]) => /^SluiceBufferPolls[0-9A-F]{8}$/.test(id))
    expect(live?.[1].Properties).toEqual({
      MessageRetentionPeriod: 86_400,
      VisibilityTimeout: 720,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: { 'Fn::GetAtt': [dead.id, 'Arn'] } },
    })
  })

  test('of dead letters keep them for as long as SQS can', () => {
    for (const name of ['EventsDead', 'BulkDead', 'PollsDead', 'BackfillsDead', 'ReplaysDead'])
      expect(
        properties(one(sluice, 'AWS::SQS::Queue', `SluiceBuffer${name}`))['MessageRetentionPeriod'],
      ).toBe(14 * 86_400)
  })

  test('refuse what does not come by TLS', () => {
    const policies = all(sluice, 'AWS::SQS::QueuePolicy').map(([, policy]) => JSON.stringify(policy))
    expect(policies).toHaveLength(10)
    for (const policy of policies) expect(policy).toContain('"aws:SecureTransport":"false"')
  })
})

describe('the tables', () => {
  test.each(['SluiceLedger', 'SluiceControl', 'SluiceVaultConnections'])(
    '%s is paid by use and forgets',
    (id) => {
      expect(properties(one(sluice, 'AWS::DynamoDB::GlobalTable', id))).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expireAt', Enabled: true },
        Replicas: [
          {
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          },
        ],
      })
    },
  )

  test('have one key and two indexes in the ledger, which carry only what never changes', () => {
    const ledger = properties(one(sluice, 'AWS::DynamoDB::GlobalTable', 'SluiceLedger'))
    expect(ledger['KeySchema']).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }])
    expect(ledger['GlobalSecondaryIndexes']).toEqual(
      [byTime, byDeath].map(({ index, partition, sort, include }) => ({
        IndexName: index,
        KeySchema: [
          { AttributeName: partition, KeyType: 'HASH' },
          { AttributeName: sort, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: include },
      })),
    )
  })
})

test('the bucket is private, encrypted, reached by TLS alone, and forgets after 45 days', () => {
  const bucket = properties(one(sluice, 'AWS::S3::Bucket'))
  expect(JSON.stringify(bucket['BucketEncryption'])).toContain('AES256')
  const all4 = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  }
  expect(bucket['PublicAccessBlockConfiguration']).toEqual(all4)
  expect(bucket['LifecycleConfiguration']).toMatchObject({
    Rules: [{ ExpirationInDays: 45, Status: 'Enabled' }],
  })
  expect(JSON.stringify(one(sluice, 'AWS::S3::BucketPolicy'))).toContain('"aws:SecureTransport":"false"')
})

test('the bus keeps what no rule took (D18)', () => {
  const bus = one(sluice, 'AWS::Events::EventBus')
  expect(properties(bus)['Name']).toBe('sluice-dev')
  expect(properties(one(sluice, 'AWS::Events::Archive'))).toMatchObject({
    EventPattern: { source: ['sluice'] },
    RetentionDays: 14,
  })
})

test('the key of the vault turns itself over', () => {
  expect(properties(one(sluice, 'AWS::KMS::Key'))['EnableKeyRotation']).toBe(true)
})

test('the token of the API is made by Secrets Manager and is nowhere in the template', () => {
  const secret = properties(one(sluice, 'AWS::SecretsManager::Secret'))
  expect(secret).toHaveProperty('GenerateSecretString')
  expect(secret).not.toHaveProperty('SecretString')
})

test('nothing is billed by the hour', () => {
  const hourly =
    /^AWS::(EC2|ECS|EKS|RDS|ElastiCache|ElasticLoadBalancing|ElasticLoadBalancingV2|OpenSearchService|Elasticsearch|Kinesis|MSK|Redshift|DAX|WAFv2|CloudHSM|DMS|EMR|SageMaker|Neptune|DocDB|Transfer)::/
  const byUse = Object.values(sluice.Resources).map(({ Type }) => Type)
  expect(byUse.filter((type) => hourly.test(type))).toEqual([])
  expect(JSON.stringify(sluice)).not.toMatch(/Provisioned(Throughput|Concurren|PollerConfig)/)
})

test('the outputs name what the command line needs', () => {
  expect(Object.keys(sluice.Outputs).toSorted()).toEqual(
    [
      'AdminSecret',
      'AlarmTopic',
      'Bucket',
      'ConnectionsTable',
      'ConsoleUrl',
      'ControlTable',
      'EventBus',
      'EventsQueueUrl',
      'LedgerTable',
      'BulkQueueUrl',
      'Url',
      'VaultKey',
    ].toSorted(),
  )
})

test('the production stage can not be deleted by one command', async () => {
  const { App } = await import('aws-cdk-lib')
  const { SluiceStack } = await import('#infra/stack.ts')
  const { Code } = await import('aws-cdk-lib/aws-lambda')
  const stack = (stage: string) =>
    new SluiceStack(new App(), 'S', { config, stage, code: () => Code.fromInline('-') })
  expect([stack('prod').terminationProtection, stack('dev').terminationProtection]).toEqual([true, false])
})

describe('a bus that brings events', () => {
  const source = 'aws.partner/stripe.com/ed_test_1'
  const withBus = () =>
    template({
      config: {
        ...config,
        endpoints: [
          { provider: 'stripe', bus: { name: source, source } },
          { provider: 's3', bus: { detailTypes: ['Object Created'], detail: { bucket: { name: ['b'] } } } },
        ],
      },
    })

  test('puts what its rule takes on the events queue, and what can not be delivered on its dead-letter queue', async () => {
    const made = await withBus()
    const rules = all(made, 'AWS::Events::Rule').map(([, rule]) => properties(rule))
    const queues = all(made, 'AWS::SQS::Queue').map(([id]) => id)
    const events = queues.find((id) => id.includes('Events') && !id.includes('Dead'))
    const dead = queues.find((id) => id.includes('EventsDead'))
    expect(rules).toEqual([
      expect.objectContaining({ EventBusName: source, EventPattern: { source: [source] } }),
      expect.objectContaining({
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: { bucket: { name: ['b'] } },
        },
      }),
    ])
    for (const { Targets } of rules) {
      expect(JSON.stringify(Targets)).toContain(`"Fn::GetAtt":["${events}","Arn"]`)
      expect(JSON.stringify(Targets)).toContain(`"DeadLetterConfig":{"Arn":{"Fn::GetAtt":["${dead}","Arn"]}}`)
    }
  })

  test('may send for its own rules alone', async () => {
    const policies = JSON.stringify(all(await withBus(), 'AWS::SQS::QueuePolicy'))
    expect(policies).toContain('"Principal":{"Service":"events.amazonaws.com"}')
    expect(policies.split('"Service":"events.amazonaws.com"').length).toBe(
      policies.split('"aws:SourceArn"').length,
    )
  })
})

test('without one no rule is made', () => expect(all(sluice, 'AWS::Events::Rule')).toEqual([]))
