import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { clientOptions, type AwsUse } from './client-options.ts'

export const eventbridgeClient = (use: AwsUse): EventBridgeClient => new EventBridgeClient(clientOptions(use))
