import { replaying } from '../config/replay-defaults.ts'
import type { ListedRecord } from '../idempotency/history.ts'
import type { Walk, WalkQuery } from '../idempotency/walk.ts'
import { later, ms, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import { matcherOf } from './handler.ts'
import { fateOf, isWanted } from './replay-messages.ts'
import type { ReplayWindow } from './replays.ts'

export interface PlanDeps {
  readonly walk: Pick<Walk, 'listed'>
  readonly clock: Clock
}

/** What a replay would do. */
export interface ReplayPlan {
  /** Events that the filter admits. */
  readonly events: number
  /** Of these, the ones that would be queued; fewer where what they held is gone. */
  readonly queued: number
  readonly byProvider: ReadonlyMap<string, number>
  readonly byType: ReadonlyMap<string, number>
  readonly byStatus: ReadonlyMap<string, number>
  readonly first?: EpochMs
  readonly last?: EpochMs
  /** Up to where was counted; missing where that is the end. */
  readonly countedTo?: EpochMs
}

/** How an event is looked for in the index. */
export function queryFor({ tenant, since, until, filter }: ReplayWindow): Omit<WalkQuery, 'limit'> {
  const matches = filter.type === undefined ? undefined : matcherOf(filter.type)
  return {
    tenant,
    provider: filter.provider,
    since,
    until,
    admits: (provider, type) => !matches || matches(type) || matches(`${provider}.${type}`),
  }
}

/**
 * Counts what a window holds, as far as that is done in a few seconds: nothing is changed by it.
 * @throws SluiceError `LEDGER_UNAVAILABLE`
 */
export async function planReplay(
  window: ReplayWindow,
  signal: AbortSignal,
  { walk, clock }: PlanDeps,
): Promise<ReplayPlan> {
  const end = later(clock.now(), replaying.planMs)
  const query = queryFor(window)
  const found: ListedRecord[] = []
  let after: string | undefined
  do {
    const page = await walk.listed({ ...query, after, limit: replaying.pageEvents }, signal)
    found.push(...page.records.filter((record) => isWanted(record, window)))
    after = page.next
  } while (after !== undefined && found.length < replaying.planEvents && clock.now() < end)
  return {
    events: found.length,
    queued: found.filter((record) => fateOf(record, window) === 'queued').length,
    byProvider: tally(found, ({ provider }) => provider),
    byType: tally(found, ({ provider, type }) => `${provider}.${type}`),
    byStatus: tally(found, ({ st }) => st),
    ...(found[0] && { first: found[0].receivedAt }),
    ...(found.length > 0 && { last: found.at(-1)?.receivedAt as EpochMs }),
    ...(after !== undefined && { countedTo: Number(after.slice(0, 13)) as EpochMs }),
  }
}

/** Most first. */
function tally(
  records: readonly ListedRecord[],
  nameOf: (record: ListedRecord) => string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const record of records) counts.set(nameOf(record), (counts.get(nameOf(record)) ?? 0) + 1)
  return new Map([...counts].toSorted((a, b) => b[1] - a[1]))
}

/** How long so many events take at so many a second; slices begin a few seconds after each other. */
export const timeFor = (events: number, rate: number): Millis =>
  ms(Math.max(0, Math.ceil(events / perSlice(rate)) * replaying.sliceMs))

export const perSlice = (rate: number): number => Math.max(1, Math.floor((rate * replaying.sliceMs) / 1_000))
