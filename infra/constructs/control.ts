import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { controlKeys, env } from '#lib/config/names.ts'
import type { GatewayFunction } from './gateway-function.ts'
import { durableTable } from './table.ts'

/** What steers the deployment: used login links, the audit log. */
export class Control extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.table = durableTable(this, 'Table', controlKeys)
  }

  /** May read and write single items, and list those of one partition. */
  lendTo(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
      resources: [this.table.tableArn],
    })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }
}
