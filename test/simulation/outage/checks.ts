import type { Envelope } from '#lib/buffer/envelope.ts'
import { outbound, queue, queueVisibility, retry } from '#lib/config/defaults.ts'
import { defaultBreaker } from '#lib/outbound/breaker-standing.ts'
import { paceOf } from '#lib/primitives/time-slots.ts'
import type { Figures } from './figures.ts'
import type { Notes } from './flow.ts'
import type { Scenario } from './scenario.ts'
import type { OutageWorld } from './world.ts'

type Report = (invariant: string, message: string) => void

const minute = 60_000

/** In the provider's own books each event has happened, once, under one key. */
export function checkBooks({ provider }: OutageWorld, events: readonly Envelope[], report: Report): void {
  const keys = new Map<string, Set<string>>()
  for (const { event, key } of provider.calls) keys.set(event, (keys.get(event) ?? new Set()).add(key))
  for (const { id } of events) {
    if (!provider.effects.has(id)) report('I01', `${id} is done, and its provider knows nothing of it`)
    const used = [...(keys.get(id) ?? [])]
    if (used.length !== 1 || used[0] === '')
      report('I05', `${id} was sent under ${used.length} keys: ${used.join()}`)
  }
}

/** What must hold of a whole course of things. */
export function checkFigures(world: OutageWorld, notes: Notes, figures: Figures): void {
  const { scenario } = world
  const { report } = notes
  const { receives, mostPerMinute, amplification } = figures
  kinds[scenario.kind](world, notes, figures)
  if (receives > queue.maxReceiveCount / 10) report('I07', `a message was received ${receives} times`)
  if (mostPerMinute > scenario.perMinute)
    report('I24', `${mostPerMinute} calls in a minute after the recovery, ${scenario.perMinute} are allowed`)
  if (figures.above > 0) report('I24', `${figures.above} calls were above the limit of the provider`)
  if (figures.turns > 6) report('F64', `the breaker was opened ${figures.turns} times within ten minutes`)
  if (amplification > 1.2) report('F67', `${amplification.toFixed(2)} calls for each run of a handler`)
}

type Check = (world: OutageWorld, notes: Notes, figures: Figures) => void

const kinds: Readonly<Record<Scenario['kind'], Check>> = {
  down({ scenario }, { report }, { during, closedAfter, drain, use }) {
    const most = mostDuring(scenario)
    if (during > most) report('F63', `${during} calls left while the provider was down, ${most} are allowed`)
    const closing = (2 * defaultBreaker.maxOpenMs) / minute
    if (closedAfter > closing)
      report('L4', `the breaker closed ${closedAfter.toFixed(1)} min after the recovery`)
    const longest = longestDrain(scenario)
    if (drain > longest)
      report('L1', `all was done ${drain.toFixed(1)} min after it, ${longest.toFixed(1)} are allowed`)
    if (use < scenario.leastUse)
      report('F63', `only ${(use * 100).toFixed(0)} % of the limit was used after it`)
  },
  flapping() {},
  throttling({ scenario, provider }, { turns, report, failed }) {
    if (turns.length > 0) report('B113', 'the breaker was opened by 429')
    if (failed > scenario.events / 20) report('B113', `429 has used ${failed} attempts`)
    const asked = provider.calls.find(({ outcome }) => outcome === 'asks')?.at ?? Infinity
    const early = provider.calls.filter(
      ({ at, outcome }) => outcome === 'asks' && at > asked + heardMs,
    ).length
    if (early > 10) report('B111', `${early} calls left before the time that Retry-After had named`)
  },
  storm() {},
  disconnected: checkTenants,
}

/** From an answer to all workers knowing it: told once a second, read once a second. */
const heardMs = 2_000

/**
 * F63: 1.1 x what is let out before the breaker opens, and the probes. Let out are the failures that open it, the last one of
 * each worker (it tells once a second), and at the pace of the limiter whatever leaves until they are known: a hanging call
 * tells nothing before its deadline. Retries pass the limiter too, so the retry budget adds nothing. Probes: one for each time
 * that it opens.
 */
function mostDuring({ perMinute, sandboxes, illFrom, illUntil }: Scenario): number {
  const { trips } = defaultBreaker
  const { stepMs, validMs } = paceOf({ limit: perMinute, windowMs: minute })
  const unknownMs = outbound.writeMs + heardMs + validMs
  const opening = trips.kind === 'rate' ? (trips.row ?? Infinity) : trips.failures
  const letOut = opening + sandboxes + unknownMs / stepMs
  return Math.ceil(1.1 * letOut) + probesIn(illUntil - illFrom)
}

/** How often the breaker may be opened in that time: each open time at the shortest that jitter makes of it. */
function probesIn(outageMs: number): number {
  let probes = 0
  let openMs = defaultBreaker.openMs * 0.75
  for (let at = 0; at <= outageMs; at += openMs, openMs = Math.min(defaultBreaker.maxOpenMs, openMs * 1.5))
    probes += 1
  return probes
}

/**
 * L1, minutes: all events at 80 % of the limit, after the last parked one has woken up: half an open time after its end. A worker
 * that dies leaves its messages hidden, and the last rounds are parked as long as any.
 */
function longestDrain({ events, perMinute }: Scenario): number {
  const wakeMs = defaultBreaker.maxOpenMs / 2 + queueVisibility + 2 * retry.askedCapMs
  return events / (0.8 * perMinute) + wakeMs / minute
}

/** Whose account is connected is served; the other's events wait for it, and are done once it is back. */
function checkTenants({ scenario, ledger, provider }: OutageWorld, { doneAt, report }: Notes): void {
  const { from, until } = scenario.disconnected ?? { from: 0, until: 0 }
  for (const [id, item] of ledger.items) {
    const at = doneAt.get(id) ?? Infinity
    const isTheirs = item['tenant']?.S === 'globex'
    if (!isTheirs && at > 10 * minute + queueVisibility + 5 * minute)
      report('L2', `${id} of the connected tenant was done after ${(at / minute).toFixed(1)} min`)
    if (isTheirs && at > until + retry.capMs + queueVisibility + minute)
      report(
        'L3',
        `${id} was done ${((at - until) / minute).toFixed(1)} min after the account was connected again`,
      )
  }
  const refused = provider.calls.filter(({ outcome }) => outcome === 'unauthorized')
  if (refused.some(({ tenant, at }) => tenant !== 'globex' || at < from))
    report('I15', 'a good token was refused')
  if (refused.length > scenario.sandboxes * 10)
    report('B115', `${refused.length} calls left with a refused token`)
}
