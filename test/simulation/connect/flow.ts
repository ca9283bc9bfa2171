import { createHash } from 'node:crypto'
import { ms } from '#lib/primitives/clock.ts'
import type { Item } from '#lib/vault/connection.dynamo.ts'
import { Violation } from '../invariants.ts'
import { backend, type Deps } from './browsers.ts'
import { checkConnections, checkNoPlaintext } from './checks.ts'
import { gateway } from './gateway.ts'
import { attacks, connects, goThrough, makePerson, type Person } from './people.ts'
import { providers as names, simProviders } from './providers.ts'
import { makeConnectWorld, noConnectMutant, type ConnectMutant, type ConnectWorld } from './world.ts'

export interface ConnectOutcome {
  readonly seed: number
  readonly violation?: Violation
  readonly trace: string
  readonly counts: {
    readonly links: number
    readonly begun: number
    readonly exchanges: number
    readonly connections: number
    readonly steps: number
  }
  readonly faults: ReadonlyMap<string, number>
  /** What happened to be tried, and what came of it. */
  readonly seen: ReadonlyMap<string, number>
}

/** What a campaign of many seeds must have seen, or it has shown nothing. */
export const sometimes = [
  'a code met another verifier than its own',
  'a link was opened by another than who asked for it',
  'a state on the path of another provider',
  'a state that has run out',
  'a state that was used before',
  'a state without its cookie',
  'callback: 504',
  'callback: active',
  'callback: another_account',
  'callback: denied',
  'callback: exchange_failed',
  'callback: pending',
  'callback: state_invalid',
  'callback: unavailable',
  'connect: link_used',
  'sealed tokens were moved',
] as const

const troubledMs = 30 * 60_000
const quietMs = 30 * 60_000

/** People of several tenants connect their accounts, and somebody else wants them, until all is quiet. */
export async function runConnectSeed(
  seed: number,
  mutant: ConnectMutant = noConnectMutant,
): Promise<ConnectOutcome> {
  let violation: Violation | undefined
  const world = makeConnectWorld(seed, mutant, (invariant, message) => {
    violation ??= new Violation(invariant, message)
  })
  const failed = (): boolean => violation !== undefined
  const trace = createHash('sha256')
  const written: Item[] = []
  for (const table of [world.control, world.connections])
    table.onWrite((before, after) => {
      trace.update(`${world.clock.now()} ${after?.['pk']?.S} ${after?.['st']?.S} ${after?.['version']?.N}\n`)
      const isNew = after?.['tokens']?.B !== undefined && after['tokens'].B !== before?.['tokens']?.B
      if (after && isNew) written.push(after)
    })
  const providers = simProviders(world)
  const deps: Deps = {
    world,
    providers,
    gateway: gateway(world, providers),
    addLink: backend(world),
    leaks: { callbacks: [] },
  }
  const people = ['ann', 'bob', 'cai', 'dee', 'eve'].map((name, i) =>
    makePerson(name, ['acme', 'globex', 'initech'][i % 3] as string, deps),
  )
  const open = startAll(deps, people)
  await world.scheduler.run(() => failed() || open() === 0, troubledMs)
  world.faults.stop()
  await world.scheduler.run(failed, quietMs)
  if (!failed()) await checkAllCanConnect(deps, people)
  if (!failed()) await checkConnections(world, written, providers)
  if (!failed()) checkNoPlaintext(world)
  const flows = [...world.truth.flows.values()]
  return {
    seed,
    ...(violation && { violation }),
    trace: trace.digest('hex').slice(0, 16),
    counts: {
      links: world.truth.links.size,
      begun: flows.length,
      exchanges: flows.reduce((sum, flow) => sum + flow.exchanges, 0),
      connections: written.length,
      steps: world.scheduler.steps,
    },
    faults: world.faults.counts,
    seen: world.seen,
  }
}

/** Answers how many have not finished what they came for. */
function startAll(deps: Deps, people: readonly Person[]): () => number {
  const { world } = deps
  const attacker = makePerson('mallory', 'mallory-inc', deps)
  let open = 0
  const at = (whenMs: number, task: () => Promise<unknown>): void => {
    open += 1
    world.clock.after(ms(whenMs), () => {
      const ends = (): void => void (open -= 1)
      task().then(ends, (error: unknown) => {
        ends()
        world.report('L3', `a browser got stuck: ${String(error)}`)
      })
    })
  }
  for (const person of people) at(world.random.fraction() * 150_000, () => connects(person, deps))
  for (let i = 0; i < 6; i += 1)
    at(20_000 + world.random.fraction() * 300_000, () => attacks(attacker, people, deps))
  return () => open
}

/** The causes are mended: whoever wants to connect now, can (L3). */
async function checkAllCanConnect(deps: Deps, people: readonly Person[]): Promise<void> {
  const { world } = deps
  const settled = await settle(
    world,
    people.map((person, i) => goThrough(person, names[i % names.length] as string, deps, true)),
  )
  const stuck = settled?.find((result) => !['active', 'denied'].includes(result?.outcome ?? 'nothing'))
  if (!settled || stuck) world.report('L3', `a user can not connect: ${stuck?.outcome}`)
}

async function settle<T>(world: ConnectWorld, work: readonly Promise<T>[]): Promise<T[] | undefined> {
  let results: T[] | undefined
  void Promise.all(work).then((all) => (results = all))
  await world.scheduler.run(() => results !== undefined, 600_000)
  return results
}
