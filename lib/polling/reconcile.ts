import { polling } from '../config/defaults.ts'
import { iso, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import { firstClass } from './interval.ts'
import { phaseFor } from './phases.ts'
import type { NewPoll, Phases, Poll, PollId, Polls } from './poll-state.ts'
import type { PollSource } from './source.ts'

/** A connection as the polls of it need to know it. */
export interface Connected {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly state: 'pending' | 'active' | 'needs_reauth' | 'deleted'
  readonly connectedAt: EpochMs
}

/** Connections, by tenant and id. */
export interface ConnectedList {
  list(
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly connections: readonly Connected[]; readonly next?: string }>
}

/** A stream that the config wants of a tenant's connections to a provider. */
export interface WantedStream {
  readonly stream: string
  readonly endpoint: string
  readonly interval: PollSource['interval']
  /** Whether its watermarks are times, so that it can begin with one. */
  readonly timed: boolean
}

export interface ReconcileDeps {
  readonly connections: ConnectedList
  readonly polls: Polls
  readonly phases: Phases
  readonly streamsOf: (tenant: string, provider: string) => readonly WantedStream[]
  /** Most streams that one provider has: so many polls a connection can have. */
  readonly mostStreams: number
  /** Makes the subscriptions that the connections lack. */
  readonly subscribe: (connections: readonly Connected[]) => Promise<void>
  /** Most subscriptions that one provider has. */
  readonly mostSubscriptions: number
  readonly clock: Clock
  readonly log: Log
}

/** What one read of the table can answer. */
const batch = 100

/**
 * Compares a page of connections with their polls: makes those that are missing, takes away those of connections that were
 * deleted. One page at a time, with the same few calls however many connections there are; nothing that a connect flow
 * would have to announce, and nothing that is lost when one dies.
 * @returns where the next page begins; `undefined` after the last.
 */
export async function reconcile(after: string | undefined, deps: ReconcileDeps): Promise<string | undefined> {
  const page = await deps.connections.list(after, pageSize(deps))
  await compare(page.connections, deps)
  return page.next
}

/** Connections whose polls, and whose subscriptions, one read can answer for. */
export const pageSize = ({
  mostStreams,
  mostSubscriptions,
}: Pick<ReconcileDeps, 'mostStreams' | 'mostSubscriptions'>): number =>
  Math.max(1, Math.floor(batch / Math.max(1, mostStreams, mostSubscriptions)))

/** @param connections as many as {@link pageSize} says */
export async function compare(connections: readonly Connected[], deps: ReconcileDeps): Promise<void> {
  const { polls } = deps
  const wanted = connections.flatMap((connection) =>
    deps.streamsOf(connection.tenant, connection.provider).map((stream) => ({ connection, stream })),
  )
  const found = await polls.find(
    wanted.map(({ connection, stream }) => ({ connection: connection.id, stream: stream.stream })),
  )
  const existing = new Map(found.map((poll) => [nameOf(poll), poll]))
  for (const { connection, stream } of wanted) {
    const poll = existing.get(nameOf({ connection: connection.id, stream: stream.stream }))
    if (connection.state === 'deleted' && poll) await remove(poll, deps)
    if (connection.state === 'active' && !poll) await make(connection, stream, deps)
  }
  await deps.subscribe(connections)
}

const nameOf = ({ connection, stream }: PollId): string => `${connection}#${stream}`

/** The row first: an item without one would never be run, and a row without an item is swept. */
async function make(connection: Connected, wanted: WantedStream, deps: ReconcileDeps): Promise<void> {
  const { polls, phases, clock, log } = deps
  const now = clock.now()
  const { id, tenant, provider } = connection
  const { stream, endpoint, interval, timed } = wanted
  const poll: NewPoll = {
    connection: id,
    stream,
    tenant,
    provider,
    endpoint,
    phase: phaseFor({ connection: id, stream }, firstClass(interval)),
    ...(timed && { watermark: startOf(connection, now) }),
    createdAt: now,
  }
  await phases.put(poll.phase, poll)
  if ((await polls.create(poll)) === 'created')
    log('info', 'a stream is polled from now on', { tenant, provider, connection: id, type: stream })
}

/** From when the account was connected, but no further back than a day: what is older is for a backfill. */
function startOf({ connectedAt }: Connected, now: EpochMs) {
  const at = Math.max(connectedAt, later(now, 0 - polling.lookBackMs)) as EpochMs
  return { text: iso(at), at }
}

async function remove(poll: Poll, { polls, phases, log }: ReconcileDeps): Promise<void> {
  await polls.remove(poll)
  await phases.remove(poll.phase, poll)
  const { tenant, provider, connection, stream } = poll
  log('info', 'a stream is polled no more', { tenant, provider, connection, type: stream })
}
