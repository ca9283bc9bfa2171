import { queue, queueVisibility } from '#lib/config/defaults.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import { faultPlan, type FaultPlan } from './faults.ts'
import { simDynamo, type SimDynamo } from './models/dynamodb.ts'
import { simEventBridge, type SimEventBridge } from './models/eventbridge.ts'
import type { Command } from './models/model.ts'
import { simS3, type SimS3 } from './models/s3.ts'
import { simSqs, type SimSqs } from './models/sqs.ts'
import { noMutant, type Mutant } from './mutants.ts'
import { scheduler, type Scheduler } from './scheduler.ts'

export const urls = {
  events: 'https://sqs/1/events',
  bulk: 'https://sqs/1/bulk',
  eventsDead: 'https://sqs/1/events-dead',
  bulkDead: 'https://sqs/1/bulk-dead',
} as const

/** Everything of one simulation that is outside the code under test. Equal seeds make equal worlds. */
export interface World {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly ledger: SimDynamo
  readonly sqs: SimSqs
  readonly s3: SimS3
  readonly bus: SimEventBridge
  readonly mutant: Mutant
  /** Ids of the events in each batch that was ever sent, by the batch's id. */
  readonly batches: Map<string, readonly string[]>
  /** How far the sandboxes' clocks may be wrong, milliseconds. */
  readonly skewMs: number
  /** The command as a mutant has it. */
  mutate(command: Command): Command
}

export function makeWorld(seed: number, mutant: Mutant = noMutant): World {
  const random = seededRandom(seed * 7_919 + 1)
  const time = scheduler(seededRandom(seed * 104_729 + 3))
  const faults = faultPlan(random, () => time.clock.now())
  const live = { visibilityMs: queueVisibility, maxReceiveCount: queue.maxReceiveCount }
  return {
    seed,
    scheduler: time,
    clock: time.clock,
    random,
    faults,
    ledger: simDynamo(),
    sqs: simSqs(
      [
        { url: urls.events, ...live, deadLetterUrl: urls.eventsDead },
        { url: urls.bulk, ...live, deadLetterUrl: urls.bulkDead },
        { url: urls.eventsDead, visibilityMs: 30_000 },
        { url: urls.bulkDead, visibilityMs: 30_000 },
      ],
      { clock: time.clock, random, duplicates: () => faults.chance(0.1, 'SQS delivers twice') },
    ),
    s3: simS3(),
    bus: simEventBridge(() => faults.chance(0.03, 'PutEvents refuses inside a 200')),
    mutant,
    batches: new Map(),
    // A fifth of the worlds has clocks that are an hour wrong; in the others they keep within the lease's margin.
    skewMs: seed % 5 === 0 ? 3_600_000 : 900,
    mutate: mutant.command,
  }
}
