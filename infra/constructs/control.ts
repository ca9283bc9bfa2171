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

  /** May put items of its own, which is how a login link is noted as used. */
  lendTo(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:PutItem'], resources: [this.table.tableArn] })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }
}
