import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Sluice, type SluiceProps } from './sluice.ts'

/** One stage of Sluice as a stack of its own. The outputs are what the CLI reads. */
export class SluiceStack extends Stack {
  constructor(scope: Construct, id: string, props: SluiceProps & StackProps) {
    super(scope, id, {
      description: 'Sluice, an integration gateway',
      terminationProtection: props.stage === 'prod',
      tags: { app: 'sluice', stage: props.stage ?? 'dev' },
      ...props,
    })
    const sluice = new Sluice(this, 'Sluice', props)
    const outputs = {
      VaultKey: sluice.vault.key.keyArn,
      Url: sluice.url,
      ConsoleUrl: `${sluice.url}/console`,
      LedgerTable: sluice.ledger.table.tableName,
      ControlTable: sluice.control.table.tableName,
      ConnectionsTable: sluice.vault.connections.tableName,
      EventsQueueUrl: sluice.buffer.queueUrl('events'),
      BulkQueueUrl: sluice.buffer.queueUrl('bulk'),
      Bucket: sluice.objects.bucket.bucketName,
      EventBus: sluice.bus.bus.eventBusName,
      AdminSecret: sluice.adminSecret.secretArn,
      AlarmTopic: sluice.alarms.topic.topicArn,
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }
}
