import { dynamodbClient } from '#lib/aws/dynamodb.ts'
import { required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { dynamoRounds } from '#lib/telemetry/rounds.dynamo.ts'
import type { Rounds } from '#lib/telemetry/rounds.ts'

/** Where the ends of rounds are noted, from the environment. */
export const composeRounds = (): Rounds =>
  dynamoRounds({ client: dynamodbClient({ maxAttempts: 2 }), table: required(env.controlTable) })
