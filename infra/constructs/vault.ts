import { RemovalPolicy } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import {
  backfillKey,
  byConnection,
  byRefresh,
  changedKey,
  controlKeys,
  env,
  keeperKey,
  phaseKey,
  pollKey,
} from '#lib/config/names.ts'
import type { GatewayFunction } from './gateway-function.ts'
import { durableTable } from './table.ts'

/** Only for the vault's own keys, whatever else this key may come to wrap; and each for a tenant. */
const ofOneTenant = {
  StringEquals: { 'kms:EncryptionContext:sluice:purpose': 'vault' },
  Null: { 'kms:EncryptionContext:sluice:tenant': 'false' },
}

/**
 * Where tenants' credentials are kept: the table holds them sealed, the key wraps what seals them. The key and the table have
 * to be the same ones for ever, so they are here from the first deployment.
 */
export class Vault extends Construct {
  readonly connections: TableV2
  readonly key: Key

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.connections = durableTable(this, 'Connections', {
      ...controlKeys,
      indexes: [byRefresh, byConnection],
    })
    this.key = new Key(this, 'Key', {
      description: 'Sluice: wraps the data keys that seal the credentials of connections',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }

  /** May read and write connections, and open and seal what is in them. */
  lendTokens(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
      resources: [this.connections.tableArn],
    })
    fn.permit({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [this.key.keyArn],
      conditions: ofOneTenant,
    })
    fn.setEnv({ [env.vaultKey]: this.key.keyArn })
    this.#name(fn)
  }

  /** May seal what goes into a connection, and open none: it makes data keys and can't unwrap one. */
  lendSealing(fn: GatewayFunction): void {
    fn.permit({
      actions: ['kms:GenerateDataKey'],
      resources: [this.key.keyArn],
      conditions: ofOneTenant,
    })
    fn.setEnv({ [env.vaultKey]: this.key.keyArn })
  }

  /** May find what is due for a refresh. */
  lendDue(fn: GatewayFunction): void {
    this.#query(fn, byRefresh.index)
  }

  /** May find the connections of a tenant. */
  lendFinding(fn: GatewayFunction): void {
    this.#query(fn, byConnection.index)
  }

  /** May keep polls and subscriptions, and find them by their phases and by when they are due; and can delete nothing but those. */
  lendPolls(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:Query'], resources: [this.connections.tableArn] })
    this.lendDue(fn)
    fn.permit({
      actions: ['dynamodb:DeleteItem'],
      resources: [this.connections.tableArn],
      conditions: {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': [pollKey('*'), phaseKey('*'), keeperKey('*'), changedKey],
        },
      },
    })
  }

  /** May find the subscriptions of a connection, and forget them. */
  lendEnding(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:Query', 'dynamodb:DeleteItem'],
      resources: [this.connections.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keeperKey('*')] } },
    })
  }

  /** May find the backfills and the subscriptions of a connection. */
  lendBackfills(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:Query'],
      resources: [this.connections.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [backfillKey('*'), keeperKey('*')] },
      },
    })
  }

  /** May wrap a tenant's keys anew, those in its connections too, and delete them; and can delete no connection. */
  lendKeyCare(fn: GatewayFunction): void {
    this.#query(fn, byConnection.index)
    fn.permit({
      actions: ['kms:Encrypt'],
      resources: [this.key.keyArn],
      conditions: ofOneTenant,
    })
    fn.permit({
      actions: ['dynamodb:DeleteItem'],
      resources: [this.connections.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['tenant#*'] } },
    })
  }

  /** May see how connections of a tenant stand, and open none of them. */
  lendLooking(fn: GatewayFunction): void {
    fn.permit({ actions: ['dynamodb:BatchGetItem'], resources: [this.connections.tableArn] })
    this.#query(fn, byConnection.index)
    this.#name(fn)
  }

  /** May list connections and what is due, and change the state of connections; and open none of them. */
  lendList(fn: GatewayFunction): void {
    fn.permit({
      actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
      resources: [this.connections.tableArn],
    })
    this.#query(fn, byConnection.index)
    this.#query(fn, byRefresh.index)
    this.#name(fn)
  }

  #query(fn: GatewayFunction, index: string): void {
    fn.permit({ actions: ['dynamodb:Query'], resources: [`${this.connections.tableArn}/index/${index}`] })
  }

  #name(fn: GatewayFunction): void {
    fn.setEnv({ [env.connectionsTable]: this.connections.tableName })
  }
}
