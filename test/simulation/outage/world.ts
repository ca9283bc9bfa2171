import { queue, queueVisibility } from '#lib/config/defaults.ts'
import type { CallDeps } from '#lib/outbound/call.ts'
import type { BreakerPolicy } from '#lib/outbound/breaker-standing.ts'
import { ms, type Clock } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import type { WorkerDeps } from '#functions/worker/batch.ts'
import type { Fault, FaultPlan } from '../faults.ts'
import { simDynamo, type SimDynamo } from '../models/dynamodb.ts'
import type { Command, Model } from '../models/model.ts'
import { simSqs, type SimSqs } from '../models/sqs.ts'
import { scheduler, type Scheduler } from '../scheduler.ts'
import { urls, type World } from '../world.ts'
import { simProvider, type SimProvider } from './provider.ts'
import type { Scenario } from './scenario.ts'

/** A fault planted in how calls are made or judged. */
export interface OutageMutant {
  readonly name: string
  readonly what: string
  readonly policy?: BreakerPolicy
  readonly calls?: (deps: CallDeps) => CallDeps
  readonly worker?: (deps: WorkerDeps) => WorkerDeps
}

export interface OutageWorld {
  readonly seed: number
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly ledger: SimDynamo
  readonly control: SimDynamo
  readonly sqs: SimSqs
  readonly provider: SimProvider
  readonly mutant: OutageMutant
  readonly skewMs: number
  /** The second tenant's connection: its token was refused, and can't be renewed. */
  readonly connection: { isRefused: boolean }
  /** Requests to DynamoDB, by table. */
  readonly requests: { ledger: number; control: number }
  /** Milliseconds since the first event. */
  now(): number
  /** What `simClient` needs. */
  readonly asWorld: World
  /** Of a table: counted, and dated by the server's clock as `lib/aws/dynamodb.ts` has them. */
  dated(table: 'ledger' | 'control'): Model
}

export function makeOutageWorld(seed: number, scenario: Scenario, mutant: OutageMutant): OutageWorld {
  const random = seededRandom(seed * 7_727 + 11)
  const time = scheduler(seededRandom(seed * 92_821 + 13))
  const { clock } = time
  const startedAt = clock.now()
  const faults = rareFaults(random)
  const ledger = simDynamo()
  const control = simDynamo(['pk', 'sk'])
  const requests = { ledger: 0, control: 0 }
  const live = { visibilityMs: queueVisibility, maxReceiveCount: queue.maxReceiveCount }
  const stamped = <T extends object>(answer: T): T =>
    Object.assign(answer, { $metadata: { date: new Date(clock.now()).toUTCString() } })
  return {
    seed,
    scenario,
    scheduler: time,
    clock,
    random,
    faults,
    ledger,
    control,
    sqs: simSqs(
      [
        { url: urls.events, ...live, deadLetterUrl: urls.eventsDead },
        { url: urls.eventsDead, visibilityMs: ms(30_000) },
      ],
      { clock, random, duplicates: () => faults.chance(0.01, 'SQS delivers twice') },
    ),
    provider: simProvider(scenario, { clock, random, startedAt }),
    mutant,
    skewMs: seed % 5 === 0 ? 20_000 : 900,
    connection: { isRefused: false },
    requests,
    now: () => clock.now() - startedAt,
    asWorld: { clock, random, faults, mutate: (command: Command) => command } as unknown as World,
    dated: (table) => ({
      apply(command) {
        requests[table] += 1
        try {
          return stamped((table === 'ledger' ? ledger : control).apply(command))
        } catch (error) {
          throw stamped(error as Error)
        }
      },
    }),
  }
}

const kinds: readonly (readonly [Fault, number])[] = [
  ['refused', 0.003],
  ['throttled', 0.003],
  ['answer-lost', 0.004],
  ['hang', 0.001],
  ['late', 0.001],
]

/** Few of the other flows' faults: an hour of work has many requests. */
function rareFaults(random: Random): FaultPlan {
  const counts = new Map<string, number>()
  let stopped = false
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  return {
    next(_service, operation) {
      let draw = stopped ? 1 : random.fraction()
      for (const [kind, share] of kinds) {
        if (draw < share) {
          count(`${operation.replace('Command', '')} ${kind}`)
          return kind
        }
        draw -= share
      }
      return 'none'
    },
    chance(of, name) {
      const hit = !stopped && random.fraction() < of
      if (hit) count(name)
      return hit
    },
    stop: () => {
      stopped = true
    },
    counts,
  }
}
