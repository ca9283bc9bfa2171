import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { keepAnswerDates } from './answer-date.ts'
import { clientOptions, type AwsUse } from './client-options.ts'

export const dynamodbClient = (use: AwsUse): DynamoDBClient =>
  keepAnswerDates(new DynamoDBClient(clientOptions(use)))
