import { covers, type TenantScope } from '../access/tenant-scope.ts'
import type { History, ListedRecord } from '../idempotency/history.ts'
import type { Missed, MissedLedger } from '../polling/missed-ledger.ts'
import type { Poll, Polls } from '../polling/poll-state.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { later, minutes, type Clock, type Millis } from '../primitives/clock.ts'
import type { ConnectionList } from '../vault/connection-list.ts'
import type { Connection } from '../vault/connection.ts'
import { listConnections } from './list-connections.ts'
import { listPolls } from './list-polls.ts'
import { overviewOf, type Overview, type OverviewFacts } from './overview.ts'

export interface OverviewDeps {
  readonly history: Pick<History, 'events'>
  readonly polls: Pick<Polls, 'list'>
  readonly missed: Pick<MissedLedger, 'list'>
  readonly connections: Pick<ConnectionList, 'list'>
  readonly endpoints: readonly { readonly provider: string; readonly tenant: string }[]
  readonly clock: Clock
  /** Whose events may be seen. */
  readonly scope: TenantScope
}

/** What metrics and breakers add to what the tables tell. */
export type Measured = Pick<OverviewFacts, 'throttled' | 'breakers'>

export interface WholeOverview extends Overview {
  /** Connections that only their user can mend, at most those of the first five hundred. */
  readonly toReconnect: readonly Pick<Connection, 'id' | 'tenant' | 'provider' | 'account'>[]
}

/** A page of an overview is bounded: most events, pages of lists, and tenants whose missed webhooks are counted. */
const mostEvents = 2_000
const pageOfEvents = 500
const mostPages = 5
const mostTenants = 20
/** Clocks of functions differ. */
const ahead = minutes(1)

/**
 * How every provider does over the last `within` milliseconds. Where more than two thousand events came in, the window
 * begins with the oldest of the newest two thousand.
 * @throws SluiceError `LEDGER_UNAVAILABLE`, `VAULT_UNAVAILABLE`
 */
export async function readOverview(
  within: Millis,
  measured: Measured | Promise<Measured>,
  signal: AbortSignal,
  deps: OverviewDeps,
): Promise<WholeOverview> {
  const now = deps.clock.now()
  const asked = { since: later(now, 0 - within), until: now }
  const [{ records, isCut }, polls, connections, more] = await Promise.all([
    readEvents(asked, signal, deps),
    readPolls(deps),
    readConnections(deps),
    measured,
  ])
  const oldest = records.at(-1)?.receivedAt
  const since = isCut && oldest !== undefined ? oldest : asked.since
  const missed = await readMissed(polls, { since, until: now }, signal, deps)
  const known = deps.endpoints
    .filter(({ tenant }) => covers(deps.scope, tenant))
    .map(({ provider }) => provider)
  return {
    ...overviewOf({ records, polls, missed, known, ...more }, { since, until: now, isCut }),
    toReconnect: connections.filter(({ state }) => state === 'needs_reauth'),
  }
}

type Span = Pick<Parameters<History['events']>[0], 'since' | 'until'>

async function readEvents({ since, until }: Span, signal: AbortSignal, { history, scope }: OverviewDeps) {
  const records: ListedRecord[] = []
  let after: string | undefined
  while (records.length < mostEvents) {
    const filter = { tenant: scope === 'all' ? undefined : scope }
    const wanted = { filter, since, until: later(until, ahead), after, limit: pageOfEvents }
    const page = await history.events(wanted, signal)
    records.push(...page.records)
    if (page.next === undefined) return { records, isCut: false }
    after = page.next
  }
  return { records, isCut: true }
}

async function readPolls({ polls, scope }: OverviewDeps): Promise<readonly Poll[]> {
  const found: Poll[] = []
  let after: string | undefined
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await listPolls({ tenant: undefined, provider: undefined, after, limit: 100 }, scope, polls)
    found.push(...(page?.polls ?? []))
    after = page?.next
    if (after === undefined) break
  }
  return found
}

async function readConnections({ connections, scope }: OverviewDeps): Promise<readonly Connection[]> {
  const found: Connection[] = []
  let after: string | undefined
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await listConnections({ tenant: undefined, after, limit: 100 }, scope, connections)
    found.push(...(page?.connections ?? []))
    after = page?.next
    if (after === undefined) break
  }
  return found
}

async function readMissed(
  polls: readonly Poll[],
  { since, until }: Span,
  signal: AbortSignal,
  { missed }: OverviewDeps,
): Promise<readonly Missed[]> {
  const tenants = [...new Set(polls.map(({ tenant }) => tenant))].slice(0, mostTenants)
  const pages = await mapBounded(tenants, 4, (tenant) =>
    missed.list({ tenant, since, until, after: undefined, limit: 100 }, signal),
  )
  return pages.flatMap(({ items }) => items)
}
