import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { byDeath, byTime, env, ledgerKey } from '#lib/config/names.ts'
import type { GatewayFunction } from './gateway-function.ts'
import { durableTable } from './table.ts'

/** One record per event: who claims it, what came of it, and the dead letters. */
export class Ledger extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.table = durableTable(this, 'Table', { partition: ledgerKey, indexes: [byTime, byDeath] })
  }

  /** May claim, complete and fail events: conditional updates, and nothing that reads. */
  lendClaims(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] })
    this.#name(fn)
  }

  /** May read records and the lists by time and by death. */
  lendHistory(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], resources: [this.table.tableArn] })
    fn.permit({
      actions: ['dynamodb:Query'],
      resources: [byTime, byDeath].map(({ index }) => `${this.table.tableArn}/index/${index}`),
    })
    this.#name(fn)
  }

  #name(fn: GatewayFunction): void {
    fn.setEnv({ [env.ledgerTable]: this.table.tableName })
  }
}
