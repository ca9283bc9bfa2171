import { createHash } from 'node:crypto'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { encodeEnvelope, eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { ms, type EpochMs } from '#lib/primitives/clock.ts'
import { startReplay } from '#lib/processing/replay-control.ts'
import type { Replay, ReplayMode } from '#lib/processing/replays.ts'
import { handlerOf } from '../handlers.ts'
import { Violation, type Watch } from '../invariants.ts'
import type { Item } from '../models/expression.ts'
import { simDynamo } from '../models/dynamodb.ts'
import { simSqs } from '../models/sqs.ts'
import { sandbox } from '../sandbox.ts'
import { startWorkers } from '../workers.ts'
import { makeWorld, urls, type World } from '../world.ts'
import { noReplayMutant, type ReplayMutant } from './mutants.ts'
import { depsIn, jobsUrl, startReplayer, type Parts } from './replayer.ts'

export interface ReplayOutcome {
  readonly seed: number
  readonly violation?: Violation
  readonly trace: string
  readonly counts: Readonly<Record<'events' | 'dead' | 'queued' | 'skipped' | 'copies' | 'steps', number>>
  readonly faults: ReadonlyMap<string, number>
}

const events = 24
const maxAttempts = 2
const longMs = 12 * 3_600_000
const st = (item: Item | undefined): string | undefined => item?.['st']?.S

/**
 * Events that end as done or dead; then their causes are mended and the whole window is replayed, while workers, replayers,
 * queues and tables fail.
 */
export async function runReplaySeed(
  seed: number,
  mutant: ReplayMutant = noReplayMutant,
): Promise<ReplayOutcome> {
  const world = makeWorld(seed)
  const jobs = simSqs([{ url: jobsUrl, visibilityMs: 360_000 }], {
    clock: world.clock,
    random: world.random,
    duplicates: () => world.faults.chance(0.1, 'SQS delivers twice'),
  })
  const parts: Parts = { world, control: simDynamo(['pk', 'sk']), jobs, mutant }
  const trace = createHash('sha256')
  const seen = watchReplays(world)
  world.ledger.onWrite((_, after) => {
    trace.update(`${world.clock.now()} ${after?.['pk']?.S} ${st(after)}\n`)
  })
  const handler = handlerOf(world, seen.watch, new Map())
  const workers = startWorkers(world, seen.watch, handler, maxAttempts)
  const isQuiet = (): boolean => workers.idle() && world.sqs.bodies().length === 0
  const from = world.clock.now()
  for (let n = 0; n < events; n += 1) send(eventOf(n, world), world)
  await world.scheduler.run(isQuiet, longMs)
  handler.mend()
  const before = new Map([...world.ledger.items].map(([id, item]) => [id, st(item)]))
  const dead = [...before.values()].filter((each) => each === 'dead').length
  const mode: ReplayMode = seed % 2 === 0 ? 'same-key' : 'forced'
  const replayer = startReplayer(parts)
  const id = await begin({ mode, since: from, until: world.clock.now() }, parts)
  // The troubles last for a while only: then whatever was begun must come to its end.
  void world.clock.after(ms(180_000), () => world.faults.stop())
  const isOver = (): boolean => isQuiet() && replayer.idle()
  await world.scheduler.run(isOver, longMs)
  world.faults.stop()
  await world.scheduler.run(isOver, longMs)
  const replay = JSON.parse(parts.control.items.get(`replays/${id}`)?.['document']?.S ?? '{}') as Replay
  const copies = checkAtRest(world, seen, { before, replay })
  const violation = seen.watch.violation
  return {
    seed,
    ...(violation && { violation }),
    trace: trace.digest('hex').slice(0, 16),
    counts: {
      events,
      dead,
      queued: replay.counts?.queued ?? 0,
      skipped: replay.counts?.skipped ?? 0,
      copies,
      steps: world.scheduler.steps,
    },
    faults: world.faults.counts,
  }
}

function eventOf(n: number, world: World): Envelope {
  const deliveryKey = `evt_${n}`
  return {
    v: 1,
    id: eventId('acme', 'stripe', deliveryKey),
    tenant: 'acme',
    provider: 'stripe',
    endpoint: 'stripe',
    via: 'webhook',
    deliveryKey,
    type: 'charge.succeeded',
    receivedAt: (world.clock.now() + n) as EpochMs,
    contentType: 'application/json',
    headers: {},
    body: inlineBody(Buffer.from(JSON.stringify({ id: deliveryKey }))),
  }
}

const send = (envelope: Envelope, { sqs }: World): object =>
  sqs.apply(new SendMessageCommand({ QueueUrl: urls.events, MessageBody: encodeEnvelope(envelope) }))

/** Asked for under one key until it is answered, as a careful caller does. */
async function begin(
  window: { readonly mode: ReplayMode; readonly since: EpochMs; readonly until: EpochMs },
  parts: Parts,
): Promise<string> {
  const { world } = parts
  const deps = depsIn(sandbox(world.clock, world.seed, 0), parts)
  const wish = { ...window, tenant: 'acme', filter: {}, rate: 2, limit: 1_000, key: 'once' }
  let id: string | undefined
  const ask = async (): Promise<void> => {
    while (id === undefined) {
      const outcome = await startReplay(wish, deps).catch(() => undefined)
      if (outcome?.kind === 'started') id = outcome.replay.id
      else await world.clock.sleep(ms(1_000))
    }
  }
  void ask()
  await world.scheduler.run(() => id !== undefined, longMs)
  return id ?? ''
}

interface Seen {
  readonly watch: Watch
  /** How often each record became done. */
  readonly completions: ReadonlyMap<string, number>
}

/** Only what concerns replays: the events flow watches the rest. */
function watchReplays(world: World): Seen {
  const completions = new Map<string, number>()
  let violation: Violation | undefined
  const report = (invariant: string, message: string): void => {
    violation ??= new Violation(invariant, message)
  }
  world.ledger.onWrite((before, after) => {
    const id = after?.['pk']?.S ?? '?'
    if (st(before) === 'done' && st(after) !== 'done') report('I03', `${id} was done and became ${st(after)}`)
    if (st(after) !== 'done' || st(before) === 'done') return
    completions.set(id, (completions.get(id) ?? 0) + 1)
    if ((completions.get(id) ?? 0) > 1) report('I05', `${id} was completed twice`)
  })
  const nothing = (): void => {}
  const watch: Watch = {
    accepted: nothing,
    handlerStarts: nothing,
    handlerSucceeds: nothing,
    acknowledged: nothing,
    redriven: nothing,
    checkNothingLost: nothing,
    checkAtRest: nothing,
    report,
    get violation() {
      return violation
    },
    counts: { accepted: 0, done: 0, dead: 0, starts: 0 },
  }
  return { watch, completions }
}

/** Each event of the window once more where it should be, and never twice. @returns the copies that there are */
function checkAtRest(
  world: World,
  { watch: { report } }: Seen,
  { before, replay }: { readonly before: ReadonlyMap<string, string | undefined>; readonly replay: Replay },
): number {
  const copies = [...world.ledger.items.values()].flatMap((item) => item['replayOf']?.S ?? [])
  const perEvent = Map.groupBy(copies, (id) => id)
  if (replay.state !== 'done') report('L1', `the replay is ${replay.state} although nothing fails any more`)
  for (const [id, was] of before) {
    const made = perEvent.get(id)?.length ?? 0
    if (made > 1) report('I05', `${id} was replayed ${made} times by one replay`)
    const should = replay.mode === 'forced' && was === 'done' ? 1 : 0
    if (made < should) report('L1', `${id} was done and was not replayed`)
    if (made > should) report('I05', `${id} was ${was} and was copied`)
    const item = world.ledger.items.get(id)
    // Its workers may have died as often as it has attempts.
    const isRevived = st(item) === 'done' || item?.['redrivenBy']?.S === replay.id
    if (was === 'dead' && !isRevived) report('I28', `${id} was dead, and it was not revived`)
  }
  const counted = replay.counts?.queued ?? 0
  const wanted = [...before.values()].filter(
    (was) => was === 'dead' || (was === 'done' && replay.mode === 'forced'),
  ).length
  if (counted !== wanted) report('I32', `${wanted} events were to be replayed, and ${counted} were counted`)
  return copies.length
}
