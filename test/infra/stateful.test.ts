import { App, Stack } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { expect, test } from 'vitest'
import { Sluice } from '#infra/sluice.ts'
import { featureFlags, type SynthesizedTemplate } from '#infra/synth.ts'
import config from '#config'
import { all, properties, template } from './given.ts'

/**
 * CloudFormation knows a resource by its logical id: under another id it makes a new, empty one and lets go of the old.
 * These never change after the first deployment (D24).
 */
const pinned = {
  SluiceLedgerTable0D26B8DD: 'AWS::DynamoDB::GlobalTable',
  SluiceControlTable13E4733D: 'AWS::DynamoDB::GlobalTable',
  SluiceVaultConnectionsA2E32869: 'AWS::DynamoDB::GlobalTable',
  SluiceVaultKey7E9F154D: 'AWS::KMS::Key',
  SluiceBufferEventsC816B949: 'AWS::SQS::Queue',
  SluiceBufferEventsDeadB954CB2F: 'AWS::SQS::Queue',
  SluiceBufferBackfills4EABCD52: 'AWS::SQS::Queue',
  SluiceBufferBackfillsDeadC9C4FE13: 'AWS::SQS::Queue',
  SluiceBufferReplays3515ABBB: 'AWS::SQS::Queue',
  SluiceBufferReplaysDead71BB836B: 'AWS::SQS::Queue',
  SluiceBufferPollsC7144E3F: 'AWS::SQS::Queue',
  SluiceBufferPollsDead892B59BC: 'AWS::SQS::Queue',
  SluiceBufferBulk3254080A: 'AWS::SQS::Queue',
  SluiceBufferBulkDead3514B7AC: 'AWS::SQS::Queue',
  SluiceObjectsBucket70B88361: 'AWS::S3::Bucket',
}
const stateful = new Set(Object.values(pinned))

/** Properties that CloudFormation can only change by replacing the resource. */
const immutable = {
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema'],
  'AWS::KMS::Key': [],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::S3::Bucket': ['BucketName'],
} as const

const ids = ({ Resources }: SynthesizedTemplate): Record<string, string> =>
  Object.fromEntries(
    Object.entries(Resources)
      .filter(([, { Type }]) => stateful.has(Type))
      .map(([id, { Type }]) => [id, Type]),
  )

test('every stateful resource has the logical id it was born with', async () => {
  expect(ids(await template())).toEqual(pinned)
})

test('a renamed construct would be noticed', async () => {
  class Renamed extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id)
      new Sluice(this, 'Sluice', { config, stage: 'dev', code: () => Code.fromInline('-') })
    }
  }
  const app = new App({
    context: await featureFlags(),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  })
  const stack = new Stack(app, 'Sluice-dev')
  new Renamed(stack, 'Gateway')
  const renamed = app.synth().getStackArtifact(stack.artifactId).template as SynthesizedTemplate

  expect(Object.keys(ids(renamed))).toHaveLength(Object.keys(pinned).length)
  expect(ids(renamed)).not.toEqual(pinned)
})

test('every stateful resource is kept when it is removed or replaced', async () => {
  const { Resources } = await template()
  for (const id of Object.keys(pinned))
    expect(Resources[id], id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
})

test('no name is fixed, so that a replacement could be told from the original, and keys stay what they are', async () => {
  const sluice = await template()
  for (const [type, names] of Object.entries(immutable)) {
    for (const [id, resource] of all(sluice, type)) {
      const set = names.filter((name) => name !== 'KeySchema' && name in properties(resource))
      expect(set, id).toEqual([])
    }
  }
  const keys = all(sluice, 'AWS::DynamoDB::GlobalTable').map(([id, table]) => [
    id,
    (properties(table)['KeySchema'] as { AttributeName: string }[]).map(({ AttributeName }) => AttributeName),
  ])
  expect(Object.fromEntries(keys)).toEqual({
    SluiceLedgerTable0D26B8DD: ['pk'],
    SluiceControlTable13E4733D: ['pk', 'sk'],
    SluiceVaultConnectionsA2E32869: ['pk', 'sk'],
  })
})

test('every table refuses to be deleted and can be restored to any second', async () => {
  for (const [id, table] of all(await template(), 'AWS::DynamoDB::GlobalTable'))
    expect(properties(table)['Replicas'], id).toMatchObject([
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    ])
})
