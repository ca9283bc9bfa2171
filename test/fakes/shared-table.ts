import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ms, type Clock } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'
import { simDynamo, type SimDynamo } from '#test/simulation/models/dynamodb.ts'
import type { Command } from '#test/simulation/models/model.ts'

/** What happens to a request on its way: nothing, lost before or after it took effect, or never answered. */
export type Mishap = 'none' | 'before' | 'after' | 'hang'

export interface SharedTableOptions {
  /** The true time, which the answers carry cut to seconds. */
  readonly clock: Clock
  readonly random: Random
  /** One way, at most. */
  readonly latencyMs?: number
  readonly mishap?: () => Mishap
  /** Without it, answers carry no time. */
  readonly dated?: boolean
}

export interface SharedTable {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly model: SimDynamo
  readonly requests: { reads: number; writes: number }
}

/** The Control table as many workers see it: slow, dated by its own clock, and not always answering. */
export function sharedTable(options: SharedTableOptions): SharedTable {
  const { clock, random, latencyMs = 20, mishap = () => 'none', dated = true } = options
  const model = simDynamo(['pk', 'sk'])
  const requests = { reads: 0, writes: 0 }
  const way = (): Promise<void> => clock.sleep(ms(Math.ceil(random.fraction() * latencyMs)))
  const stamped = (answer: object): object => {
    const date = new Date(clock.now()).toUTCString()
    return Object.assign(answer, { $metadata: dated ? { date } : {} })
  }
  const send = async (command: Command): Promise<object> => {
    requests[command.constructor.name === 'GetItemCommand' ? 'reads' : 'writes'] += 1
    const fate = mishap()
    await way()
    if (fate === 'hang') return new Promise(() => {})
    if (fate === 'before') throw new Error('no connection')
    const settle = (): object => {
      try {
        return stamped(model.apply(command))
      } catch (error) {
        return stamped(error as Error)
      }
    }
    const answer = settle()
    await way()
    if (fate === 'after') throw new Error('the answer was lost')
    if (answer instanceof Error) throw answer
    return answer
  }
  return { client: { send: send as never }, model, requests }
}
