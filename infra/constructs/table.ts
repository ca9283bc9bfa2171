import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  ProjectionType,
  TableV2,
  type Attribute,
  type GlobalSecondaryIndexPropsV2,
} from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { ttlAttribute } from '#lib/config/names.ts'

interface IndexNames {
  readonly index: string
  readonly partition: string
  readonly sort: string
  readonly include: readonly string[]
}

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING })

/** An index of `lib/config/names.ts`: its keys are text, and it carries what a list shows and never changes. */
const indexOf = ({ index, partition, sort, include }: IndexNames): GlobalSecondaryIndexPropsV2 => ({
  indexName: index,
  partitionKey: text(partition),
  sortKey: text(sort),
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: [...include],
})

interface TableKeys {
  readonly partition: string
  readonly sort?: string
  readonly indexes?: readonly IndexNames[]
}

/** A table that outlives mistakes: paid by use, restorable to any second of the last 35 days, kept when the stack goes. */
export const durableTable = (scope: Construct, id: string, keys: TableKeys): TableV2 =>
  new TableV2(scope, id, {
    partitionKey: text(keys.partition),
    ...(keys.sort && { sortKey: text(keys.sort) }),
    globalSecondaryIndexes: (keys.indexes ?? []).map(indexOf),
    billing: Billing.onDemand(),
    timeToLiveAttribute: ttlAttribute,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
