import { createHash } from 'node:crypto'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { decodeEnvelope, encodeEnvelope, eventId, inlineBody, type Envelope } from '#lib/buffer/envelope.ts'
import { ms, later } from '#lib/primitives/clock.ts'
import { Violation } from '../invariants.ts'
import { urls } from '../world.ts'
import { checkBooks, checkFigures } from './checks.ts'
import { figuresOf, summaryOf, type Figures } from './figures.ts'
import { scenarioOf, type Scenario, type Size } from './scenario.ts'
import { startWorkers } from './workers.ts'
import { makeOutageWorld, type OutageMutant, type OutageWorld } from './world.ts'

export interface OutageOutcome {
  readonly seed: number
  readonly scenario: string
  readonly violation?: Violation
  readonly trace: string
  readonly figures: Figures
  readonly counts: Readonly<Record<string, number>>
  /** One line for people. */
  readonly summary: string
  readonly faults: ReadonlyMap<string, number>
}

export interface OutageOptions {
  readonly mutant?: OutageMutant
  readonly size?: Size
  /** By default the one of the seed. */
  readonly scenario?: Scenario
}

/** What is written down while a world runs. */
export interface Notes {
  done: number
  /** When each event was done, milliseconds since the first event. */
  readonly doneAt: Map<string, number>
  /** When the breaker opened or closed. */
  readonly turns: { readonly at: number; readonly state: string }[]
  parked: number
  failed: number
  readonly report: (invariant: string, message: string) => void
}

const tenants = ['acme', 'globex']
const noOutageMutant: OutageMutant = { name: 'none', what: 'nothing is changed' }

/** One scenario from its first event until all is done, or its time is over. */
export async function runOutageSeed(seed: number, options: OutageOptions = {}): Promise<OutageOutcome> {
  const { mutant = noOutageMutant, size = 'full', scenario = scenarioOf(seed, size) } = options
  const world = makeOutageWorld(seed, scenario, mutant)
  let violation: Violation | undefined
  const notes: Notes = {
    done: 0,
    doneAt: new Map(),
    turns: [],
    parked: 0,
    failed: 0,
    report: (invariant, message) => void (violation ??= new Violation(invariant, message)),
  }
  const trace = createHash('sha256')
  watchTables(world, notes, (line) => trace.update(line))
  const events = queueAll(world)
  const workers = startWorkers(world, (body) => {
    const { id } = decodeEnvelope(body)
    if (world.ledger.items.get(id)?.['st']?.S !== 'done')
      notes.report('I08', `${id} was taken off the queue and is not done`)
  })
  const isOver = (): boolean =>
    violation !== undefined || (notes.done === events.length && world.sqs.size(urls.events) === 0)
  const ended = await world.scheduler.run(isOver, scenario.limitMs)
  if (!ended)
    notes.report(
      'L1',
      `${events.length - notes.done} events are not done after ${scenario.limitMs / 60_000} min`,
    )
  const figures = figuresOf(world, notes, { receives: workers.mostReceives(), sandboxes: workers.started() })
  if (!violation) checkBooks(world, events, notes.report)
  if (!violation) checkFigures(world, notes, figures)
  return {
    seed,
    scenario: scenario.name,
    ...(violation && { violation }),
    trace: trace.digest('hex').slice(0, 16),
    figures,
    summary: summaryOf(scenario, figures),
    counts: { events: events.length, calls: figures.calls, steps: world.scheduler.steps },
    faults: world.faults.counts,
  }
}

function watchTables(world: OutageWorld, notes: Notes, line: (text: string) => void): void {
  world.ledger.onWrite((before, after) => {
    const [id = '?', from, to] = [after?.['pk']?.S, before?.['st']?.S, after?.['st']?.S]
    line(`${world.now()} ${id} ${to} ${after?.['fence']?.N}\n`)
    if (to === from) return
    if (to === 'parked') notes.parked += 1
    if (to === 'retry') notes.failed += 1
    if (to === 'dead') notes.report('F63', `${id} is dead: ${after?.['reason']?.S}`)
    if (from === 'done') notes.report('I03', `${id} was done and became ${to}`)
    if (to === 'done') {
      notes.done += 1
      notes.doneAt.set(id, world.now())
    }
  })
  world.control.onWrite((before, after) => {
    const state = after?.['st']?.S
    if (!after?.['pk']?.S?.startsWith('breaker#') || state === undefined) return
    if (after['lastBy']?.S !== before?.['lastBy']?.S) notes.turns.push({ at: world.now(), state })
  })
}

/** All events, each put on the queue at its time. */
function queueAll(world: OutageWorld): readonly Envelope[] {
  const { events, arrival } = world.scenario
  const start = world.clock.now()
  return Array.from({ length: events }, (_, i) => {
    const tenant = tenants[i % 2] ?? 'acme'
    const at = Math.floor(arrival(i / events))
    const envelope: Envelope = {
      v: 1,
      id: eventId(tenant, 'things', `event-${i}`),
      tenant,
      provider: 'hmac',
      endpoint: 'things',
      via: 'webhook',
      deliveryKey: `event-${i}`,
      type: 'thing.made',
      receivedAt: later(start, at),
      contentType: 'application/json',
      headers: {},
      body: inlineBody(Buffer.from(`{"n":${i}}`)),
    }
    const command = new SendMessageCommand({ QueueUrl: urls.events, MessageBody: encodeEnvelope(envelope) })
    if (at === 0) world.sqs.apply(command)
    else world.clock.after(ms(at), () => void world.sqs.apply(command))
    return envelope
  })
}
