import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ms, type Clock } from '../primitives/clock.ts'
import { trueTime } from '../primitives/true-time.ts'
import type { BreakerReader } from './breaker-reader.ts'
import { breakerItems } from './breaker-items.dynamo.ts'
import { defaultBreaker, openFor, type Standing } from './breaker-standing.ts'

export interface BreakerReaderOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  /** The Control table. */
  readonly table: string
  readonly clock: Clock
}

/** @throws whatever the table throws, after half a second at the latest */
export function breakerReader(options: BreakerReaderOptions): BreakerReader {
  const time = trueTime(options.clock)
  const items = breakerItems({ ...options, time, requestMs: ms(500) }, defaultBreaker)
  return async (provider) => {
    const { standing }: { readonly standing: Standing } = await items.read(provider)
    if (standing.state === 'closed') return 'closed'
    return openFor(standing, time.now(), 0, defaultBreaker.maxOpenMs) > 0 ? 'open' : 'probing'
  }
}
