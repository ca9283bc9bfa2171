import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { clientOptions, type AwsUse } from './client-options.ts'

export const dynamodbClient = (use: AwsUse): DynamoDBClient => new DynamoDBClient(clientOptions(use))
