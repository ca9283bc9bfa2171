import { minutes } from '#lib/primitives/clock.ts'

/** What the provider does with a call. `throttles`: a bare 429. `asks`: one with the time at which it is well again. */
export type Weather = 'well' | 'unavailable' | 'refused' | 'hangs' | 'throttles' | 'asks'

/** One course of things at a provider. Times in milliseconds since the first event. */
export interface Scenario {
  readonly name: string
  readonly kind: 'down' | 'flapping' | 'throttling' | 'storm' | 'disconnected'
  readonly events: number
  /** When the event of that number comes; `share` is its place among all, from 0 to 1. */
  readonly arrival: (share: number) => number
  /** The provider's true limit, calls per minute; what is declared to the limiter too. */
  readonly perMinute: number
  readonly sandboxes: number
  /** While this holds, the provider is ill. */
  readonly illFrom: number
  readonly illUntil: number
  readonly weather: (atMs: number, chance: () => number) => Weather
  /** The account of `tenants[1]` has to be connected again from here until there. */
  readonly disconnected?: { readonly from: number; readonly until: number }
  /** The least share of the limit that is used while there is a backlog; few calls a minute are harder to place. */
  readonly leastUse: number
  /** All must be done by then. */
  readonly limitMs: number
}

export type Size = 'full' | 'small'

/** `mixed`: each call fails in a way of its own. */
type Illness = 'unavailable' | 'refused' | 'hangs' | 'mixed'

const well = (): Weather => 'well'
const warmUpMs = minutes(2)

const fails =
  (illness: Illness) =>
  (_at: number, chance: () => number): Weather => {
    if (illness !== 'mixed') return illness
    const draw = chance()
    return draw < 0.4 ? 'unavailable' : draw < 0.7 ? 'refused' : 'hangs'
  }

/** F63: some traffic, then an hour of nothing while the events pile up, most of them at once. */
function down(illness: Illness, size: Size): Scenario {
  const [events, perMinute, hour, sandboxes] =
    size === 'full' ? [10_000, 500, minutes(60), 20] : [250, 60, minutes(8), 3]
  return {
    name: `down: ${illness}`,
    kind: 'down',
    events,
    perMinute,
    sandboxes,
    arrival: (share) =>
      share < 0.02
        ? (share / 0.02) * warmUpMs
        : share < 0.62
          ? warmUpMs
          : warmUpMs + ((share - 0.62) / 0.38) * hour,
    illFrom: warmUpMs,
    illUntil: warmUpMs + hour,
    weather: fails(illness),
    leastUse: size === 'full' ? 0.8 : 0.6,
    limitMs: hour + minutes(120),
  }
}

/** F64: half of all calls fail, in turns of 5 s. */
function flapping(size: Size): Scenario {
  const [events, forMs] = size === 'full' ? [6_000, minutes(60)] : [600, minutes(4)]
  return {
    name: 'flapping',
    kind: 'flapping',
    events,
    perMinute: 500,
    sandboxes: 8,
    arrival: (share) => share * forMs,
    illFrom: 0,
    illUntil: forMs,
    weather: (at) => (Math.floor(at / 2_500) % 2 === 0 ? 'unavailable' : 'well'),
    leastUse: 0,
    limitMs: forMs * 4,
  }
}

/** B113: nothing but 429, at first without a word on how long, then with one. */
function throttling(size: Size): Scenario {
  const [events, forMs] = size === 'full' ? [2_000, minutes(60)] : [80, minutes(10)]
  return {
    name: '429 for ever',
    kind: 'throttling',
    events,
    perMinute: 500,
    sandboxes: size === 'full' ? 8 : 2,
    arrival: () => 0,
    illFrom: 0,
    illUntil: forMs,
    weather: (at) => (at < forMs / 2 ? 'throttles' : 'asks'),
    leastUse: 0,
    limitMs: forMs * 4,
  }
}

/** F67: many single failures, too few to open the breaker. */
function storm(size: Size): Scenario {
  const [events, forMs] = size === 'full' ? [8_000, minutes(30)] : [600, minutes(3)]
  return {
    name: 'storm',
    kind: 'storm',
    events,
    perMinute: 600,
    sandboxes: size === 'full' ? 8 : 2,
    arrival: (share) => share * forMs,
    illFrom: 0,
    illUntil: forMs,
    weather: (_at, chance) => (chance() < 0.3 ? 'unavailable' : 'well'),
    leastUse: 0,
    limitMs: forMs * 10,
  }
}

/** Two tenants; the credentials of one are refused until its account is connected again. */
function disconnecting(size: Size): Scenario {
  const [events, until] = size === 'full' ? [2_000, minutes(40)] : [120, minutes(25)]
  return {
    name: 'disconnected',
    kind: 'disconnected',
    events,
    perMinute: 500,
    sandboxes: 6,
    arrival: (share) => share * minutes(10),
    illFrom: 0,
    illUntil: 0,
    weather: well,
    leastUse: 0,
    disconnected: { from: minutes(1), until },
    limitMs: minutes(120),
  }
}

const illnesses: readonly Illness[] = ['unavailable', 'refused', 'hangs', 'mixed']

/** Each seed has its scenario: every other one is an outage, in each of its ways. */
export function scenarioOf(seed: number, size: Size): Scenario {
  const others = [flapping, throttling, storm, disconnecting]
  const nth = Math.floor((seed - 1) / 2) % 4
  if (seed % 2 === 0) return (others[nth] ?? flapping)(size)
  return down(illnesses[nth] ?? 'mixed', size)
}
