import { eventId } from '#lib/buffer/envelope.ts'
import { polling } from '#lib/config/defaults.ts'
import { sightedKey, sightedShards } from '#lib/config/names.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { minuteOf } from '#lib/polling/phases.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import type { Change } from './history.ts'
import { showsStates } from './provider.ts'
import type { SyncWatch } from './watch.ts'
import type { SimStream, SyncWorld } from './world.ts'

/** What became of all changes. */
export interface Tally {
  readonly changes: number
  /** Handled, each once. */
  handled: number
  /** No list shows them any more, and no webhook has brought them. */
  overwritten: number
  /** Of those that a list had to tell of: the provider sent no webhook, none of it was taken, it came after the grace time. */
  dropped: number
  undelivered: number
  late: number
  /** Counted as the table of sightings has them: what could not be noted, or came just when the grace time was over. */
  unsure: number
  /** As the ledger of missed webhooks has it. */
  missed: number
}

/** Around the end of the grace time nobody can say which was first. */
const marginMs = 60_000

/** When all is quiet: each change is in the books once, and what webhooks missed is counted as it was. */
export async function checkAtRest(
  world: SyncWorld,
  seen: SyncWatch,
  dropped: ReadonlySet<string>,
): Promise<Tally> {
  const tally: Tally = {
    changes: world.streams.reduce((sum, { history }) => sum + history.length, 0),
    handled: 0,
    overwritten: 0,
    dropped: 0,
    undelivered: 0,
    late: 0,
    unsure: 0,
    missed: 0,
  }
  /** By tenant and provider, and by poll. */
  const expected = new Map<string, number>()
  for (const stream of world.streams)
    for (const change of stream.history) {
      const isHandled = isBooked(change, stream, seen, tally)
      const isDropped = dropped.has(change.id)
      if (isDropped && seen.ways.get(idOf(change, stream))?.webhookAt !== undefined)
        seen.report('I11', `the webhook of ${change.id} was never sent, and came`)
      const missed = stream.hasWebhooks ? missedOf(change, stream, world, seen) : 'no'
      if (isDropped && isHandled && (missed === 'no' || missed === 'late'))
        seen.report('I33', `${change.id} was dropped, and counts as ${missed}`)
      if (missed === 'never') tally[isDropped ? 'dropped' : 'undelivered'] += 1
      if (missed === 'late') tally.late += 1
      if (missed === 'unsure, missed') tally.unsure += 1
      const count = missed === 'no' || missed === 'unsure' ? 0 : 1
      for (const name of [placeOf(stream), pollOf(stream)])
        expected.set(name, (expected.get(name) ?? 0) + count)
    }
  await checkMissed(expected, world, seen, tally)
  return tally
}

const placeOf = ({ tenant, provider }: Pick<SimStream, 'tenant' | 'provider'>): string =>
  `${provider} of ${tenant}`
const pollOf = ({ connection, kind }: SimStream): string => `${connection} ${kind}`
const idOf = ({ id }: Change, { tenant, endpoint, kind, hasWebhooks }: SimStream): string =>
  eventId(tenant, endpoint, hasWebhooks ? id : `${kind}|${id}`)

function isBooked(change: Change, stream: SimStream, seen: SyncWatch, tally: Tally): boolean {
  const ids = seen.books.get(change.id) ?? new Set()
  if (ids.size > 1) seen.report('I05', `${change.id} was handled under ${[...ids].join()}`)
  if (ids.size === 1) {
    tally.handled += 1
    if (!ids.has(idOf(change, stream))) seen.report('I05', `${change.id} was handled under another id`)
    return true
  }
  // What another change has followed is in no list of things.
  if (showsStates(stream.kind) && change.hiddenAt < Infinity) tally.overwritten += 1
  else seen.report('I12', `${change.id} was never handled`)
  return false
}

/** Whether a webhook missed it, by what the provider and the queue know, and by the rule of decision 18. */
function missedOf(
  change: Change,
  stream: SimStream,
  world: SyncWorld,
  seen: SyncWatch,
): 'no' | 'never' | 'late' | 'unsure' | 'unsure, missed' {
  const id = idOf(change, stream)
  const record = world.ledger.items.get(id)
  const at = Number(record?.['sightedAt']?.N)
  if (record?.['via']?.S !== 'poll') return 'no'
  const {
    webhookAt = Infinity,
    webhookDoneAt = Infinity,
    pollDoneAt = Infinity,
    isUnnoted,
  } = seen.ways.get(id) ?? {}
  const graceEnds = at + polling.graceMs
  const isSighted = pollDoneAt < graceEnds - marginMs && !isUnnoted
  if (webhookDoneAt < graceEnds - marginMs && !isUnnoted) return 'no'
  if (isSighted && webhookAt === Infinity) return 'never'
  if (isSighted && webhookAt > graceEnds + marginMs) return 'late'
  return isUnbrought(id, at, world) ? 'unsure, missed' : 'unsure'
}

function isUnbrought(id: string, at: number, { control }: SyncWorld): boolean {
  const shard = id.charCodeAt(id.length - 1) % sightedShards
  const sighting = control.items.get(`${sightedKey(minuteOf(epochMs(at)), shard)}/${id}`)
  return sighting?.['tenant'] !== undefined && !sighting['brought']
}

/** The ledger, and the figure of each poll, against what was expected. */
async function checkMissed(
  expected: ReadonlyMap<string, number>,
  world: SyncWorld,
  seen: SyncWatch,
  tally: Tally,
): Promise<void> {
  const counted = new Map<string, number>()
  const add = (name: string, count: number): void => void counted.set(name, (counted.get(name) ?? 0) + count)
  const ledger = dynamoMissedLedger({
    client: { send: async (command: never) => world.control.apply(command) } as never,
    table: 'control',
  })
  const window = { since: epochMs(0), until: epochMs(world.clock.now()), after: undefined, limit: 1_000 }
  for (const tenant of new Set(world.streams.map((stream) => stream.tenant))) {
    const { items } = await ledger.list({ ...window, tenant }, new AbortController().signal)
    for (const item of items) {
      add(placeOf(item), item.count)
      tally.missed += item.count
    }
  }
  for (const [name, count] of expected) {
    const poll = world.connections.items.get(`poll#${name.replace(' ', '/')}`)
    const found = poll ? Number(poll['missed']?.N ?? 0) : (counted.get(name) ?? 0)
    if (found !== count) seen.report('I33', `webhooks missed ${count} of ${name}, and ${found} are counted`)
  }
}
