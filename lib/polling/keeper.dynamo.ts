import { keeperKey } from '../config/names.ts'
import { dynamoDocuments, type DocumentsTable } from './documents.dynamo.ts'
import type { Subscription, SubscriptionId, Subscriptions } from './keeper.ts'

/** {@link Subscriptions} in the table of connections. */
export const dynamoSubscriptions = (options: DocumentsTable): Subscriptions =>
  dynamoDocuments<SubscriptionId, Subscription>(options, {
    keyOf: ({ connection, subscription }) => [keeperKey(connection), subscription],
    noun: 'a subscription',
  })
