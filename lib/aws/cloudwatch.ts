import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { clientOptions, type AwsUse } from './client-options.ts'

export const cloudwatchClient = (use: AwsUse): CloudWatchClient => new CloudWatchClient(clientOptions(use))
