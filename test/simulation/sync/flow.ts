import { createHash } from 'node:crypto'
import { polling } from '#lib/config/defaults.ts'
import { judgedKey, pollKey } from '#lib/config/names.ts'
import { minutes } from '#lib/primitives/clock.ts'
import type { Violation } from '../invariants.ts'
import { startSweeper } from '../sweeper.ts'
import { simApi } from './api.ts'
import { checkAtRest, type Tally } from './checks.ts'
import { noSyncMutant } from './mutants.ts'
import { startPollers } from './pollers.ts'
import { watchSync } from './watch.ts'
import { startWebhooks } from './webhooks.ts'
import { startWorkers } from './workers.ts'
import { makeSyncWorld, troubledMs, urls, type SyncMutant, type SyncWorld } from './world.ts'

export interface SyncOutcome {
  readonly seed: number
  readonly violation?: Violation
  readonly trace: string
  readonly counts: Readonly<Record<string, number>>
  readonly faults: ReadonlyMap<string, number>
}

/** One world: accounts whose provider tells of their changes by webhooks that get lost, and by lists. */
export async function runSyncSeed(seed: number, mutant: SyncMutant = noSyncMutant): Promise<SyncOutcome> {
  const world = makeSyncWorld(seed, mutant)
  const seen = watchSync(world)
  const trace = createHash('sha256')
  for (const table of [world.ledger, world.connections, world.control])
    table.onWrite((_before, after) => {
      const [key, sort] = [after?.['pk']?.S, after?.['sk']?.S]
      trace.update(`${world.clock.now()} ${key} ${sort} ${after?.['st']?.S} ${after?.['version']?.N}\n`)
    })
  const api = simApi(world, troubledMs)
  const webhooks = startWebhooks(world)
  const workers = startWorkers(world, seen)
  const pollers = startPollers(world, api)
  startSweeper(world.asWorld)

  const failed = (): boolean => seen.violation !== undefined
  await world.scheduler.run(failed, troubledMs)
  world.faults.stop()
  const stoppedAt = world.clock.now()
  const isAtRest = (): boolean =>
    webhooks.isDone() &&
    workers.idle() &&
    world.sqs.size(urls.events) === 0 &&
    ![...world.s3.objects.keys()].some((key) => key.startsWith('spill/')) &&
    isRead(world, stoppedAt)
  const rests = await world.scheduler.run(() => failed() || isAtRest(), minutes(240))
  if (!rests) seen.report('L1', 'it does not come to rest')
  // The last sighting has its grace time, and is judged.
  const restsAt = world.clock.now()
  const isJudged = (): boolean => judgedUntil(world) > restsAt
  const isOver = await world.scheduler.run(() => failed() || isJudged(), 2 * polling.graceMs)
  if (!isOver) seen.report('L1', 'what webhooks missed is not counted')
  const tally: Tally | undefined = failed() ? undefined : await checkAtRest(world, seen, webhooks.dropped)
  return {
    seed,
    ...(seen.violation && { violation: seen.violation }),
    trace: trace.digest('hex').slice(0, 16),
    counts: {
      ...(tally && countsOf(tally)),
      'webhooks dropped': webhooks.dropped.size,
      'webhooks doubled': webhooks.doubled,
      deliveries: webhooks.deliveries,
      'runs of the poller': pollers.runs(),
      'pages read': api.reads(),
      'events queued by polls': seen.counts.found,
      steps: world.scheduler.steps,
    },
    faults: world.faults.counts,
  }
}

const countsOf = (tally: Tally): Readonly<Record<string, number>> => ({
  changes: tally.changes,
  'handled once': tally.handled,
  overwritten: tally.overwritten,
  'counted as missed': tally.missed,
  'of them dropped': tally.dropped,
  'not taken': tally.undelivered,
  'too late': tally.late,
  'counted as the table has it': tally.unsure,
})

/** Each list was read whole once nothing failed any more, and nothing changed. */
const isRead = ({ streams, connections }: SyncWorld, stoppedAt: number): boolean =>
  streams.every(({ connection, kind, history }) => {
    const settledAt = Math.max(stoppedAt, ...history.map(({ visibleAt }) => visibleAt))
    const item = connections.items.get(`${pollKey(connection)}/${kind}`)
    // Windows tell of the last minute later.
    return Number(item?.['completeAt']?.N ?? 0) > settledAt + 60_000
  })

const judgedUntil = ({ control }: SyncWorld): number =>
  Number(control.items.get(`${judgedKey}/state`)?.['minute']?.N ?? 0) * 60_000
