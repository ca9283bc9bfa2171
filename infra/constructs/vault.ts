import { RemovalPolicy } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { controlKeys } from '#lib/config/names.ts'
import { durableTable } from './table.ts'

/**
 * Where tenants' credentials are kept: the table holds them sealed, the key wraps what seals them. No function has been
 * lent either so far. The key and the table have to be the same ones for ever, so they are here from the first deployment.
 */
export class Vault extends Construct {
  readonly connections: TableV2
  readonly key: Key

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.connections = durableTable(this, 'Connections', controlKeys)
    this.key = new Key(this, 'Key', {
      description: 'Sluice: wraps the data keys that seal the credentials of connections',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}
