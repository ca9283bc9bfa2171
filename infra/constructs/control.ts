import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import {
  answerKey,
  auditKey,
  breakerKey,
  controlKeys,
  env,
  heldByKey,
  heldKey,
  missedKey,
  replayKey,
  roundKey,
  sightedKey,
  signInKey,
} from '#lib/config/names.ts'
import type { GatewayFunction } from './gateway-function.ts'
import { durableTable } from './table.ts'

/** What steers the deployment: used login links, connect links and the flows that come of them, limits and breakers. */
export class Control extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.table = durableTable(this, 'Table', controlKeys)
  }

  /** May use connect links and keep the states of connect flows. */
  lendFlows(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [this.table.tableArn],
    })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }

  /** May share limits and breakers: read and move single items, and nothing else. */
  lendLimits(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: [this.table.tableArn] })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }

  /** May read what polls found before any webhook, by minute. */
  lendSightings(fn: GatewayFunction): void {
    this.#query(fn, sightedKey('*', '*'))
  }

  /** May read what webhooks missed, by tenant. */
  lendMissed(fn: GatewayFunction): void {
    this.#query(fn, missedKey('*'))
  }

  /** May leave rows of what was done and read them, keep answers, count sign-ins and reset breakers: single items, by their keys. */
  lendCare(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:UpdateItem'],
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': [auditKey('*'), answerKey('*'), signInKey('*'), breakerKey('*')],
        },
      },
    })
    this.#query(fn, auditKey('*'))
  }

  /** May keep replays and tell how far they are. */
  lendReplays(fn: GatewayFunction): void {
    this.lendLimits(fn)
    this.#query(fn, replayKey)
  }

  /** May find what dead events wait for, and forget it. */
  lendHeld(fn: GatewayFunction): void {
    this.#query(fn, heldKey)
    this.#query(fn, heldByKey('*'))
    fn.permit({
      actions: ['dynamodb:DeleteItem'],
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [heldKey, heldByKey('*')] } },
    })
  }

  /** May note when it came to its end. */
  lendRounds(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:UpdateItem'],
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [roundKey] } },
    })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }

  /** May put items of its own, which is how a login link is noted as used and a connect link is made; and see what became of it. */
  lendTo(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.table.tableArn] })
    fn.setEnv({ [env.controlTable]: this.table.tableName })
  }

  #query(fn: GatewayFunction, keys: string): void {
    fn.permit({
      actions: ['dynamodb:Query'],
      resources: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] } },
    })
  }
}
