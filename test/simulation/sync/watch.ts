import type { Item } from '../models/expression.ts'
import type { Claims } from '#lib/idempotency/claims.ts'
import { polling } from '#lib/config/defaults.ts'
import { pollKey } from '#lib/config/names.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import type { LogFields } from '#lib/telemetry/log.ts'
import { Violation } from '../invariants.ts'
import { envelopeIn } from '../mutants.ts'
import type { Change } from './history.ts'
import { showsStates } from './provider.ts'
import { urls, type SimStream, type SyncWorld } from './world.ts'

/** What is known of the ways by which an event came, by its id. Times of the world. */
export interface Ways {
  /** When a worker first met a webhook of it, and when it first was through with one. */
  webhookAt?: number
  webhookDoneAt?: number
  pollDoneAt?: number
  /** A log line said that it is in no figure. */
  isUnnoted?: true
}

/** Watches one world while it runs. */
export interface SyncWatch {
  watched(claims: Claims): Claims
  handlerStarts(id: string, fence: number): void
  booked(change: string, id: string): void
  acknowledged(message: string): void
  logged(message: string, fields: LogFields | undefined): void
  report(invariant: string, message: string): void
  readonly violation: Violation | undefined
  /** Ids of the events under which each change stands in the handler's books. */
  readonly books: ReadonlyMap<string, ReadonlySet<string>>
  readonly ways: ReadonlyMap<string, Ways>
  readonly counts: { readonly found: number; readonly watermarks: number }
}

export function watchSync(world: SyncWorld): SyncWatch {
  const books = new Map<string, Set<string>>()
  const ways = new Map<string, Ways>()
  /** Changes that a poll has put on the queue. */
  const queued = new Set<string>()
  const counts = { found: 0, watermarks: 0 }
  let violation: Violation | undefined
  const report = (invariant: string, message: string): void => {
    violation ??= new Violation(invariant, message)
  }
  const waysOf = (id: string): Ways => {
    const known = ways.get(id) ?? {}
    ways.set(id, known)
    return known
  }
  const statusOf = (id: string): string | undefined => world.ledger.items.get(id)?.['st']?.S

  world.onStored((url, body) => {
    const envelope = url === urls.events ? envelopeIn(body) : undefined
    if (envelope?.via !== 'poll') return
    counts.found += 1
    queued.add(envelope.deliveryKey.split('|').at(-1) ?? '')
  })
  world.ledger.onWrite((before, after) => {
    const [id = '?', from, to] = [after?.['pk']?.S, before?.['st']?.S, after?.['st']?.S]
    if (from === 'done' && to !== 'done') report('I03', `${id} was done and became ${to}`)
    if (to === 'dead' && from !== 'dead') report('I28', `${id} is dead: ${after?.['reason']?.S}`)
  })
  watchPolls(world, queued, report, counts)

  return {
    books,
    ways,
    counts,
    report,
    get violation() {
      return violation
    },
    watched: (claims) => ({
      ...claims,
      async claim(request) {
        const outcome = await claims.claim(request)
        const isMet = outcome.kind === 'claimed' || outcome.kind === 'settled'
        if (isMet && request.facts.via === 'webhook') waysOf(request.facts.id).webhookAt ??= world.clock.now()
        if (outcome.kind === 'conflict') report('B022', `${request.facts.id} came with two contents`)
        return outcome
      },
    }),
    handlerStarts(id, fence) {
      const record = world.ledger.items.get(id)
      if (record?.['st']?.S === 'done' && Number(record['fence']?.N) <= fence)
        report('I06', `a handler of ${id} started after it was done`)
    },
    booked: (change, id) => void books.set(change, (books.get(change) ?? new Set()).add(id)),
    acknowledged(message) {
      const envelope = envelopeIn(message)
      if (!envelope) return
      if (statusOf(envelope.id) !== 'done')
        report('I08', `${envelope.id} was taken off the queue and is ${statusOf(envelope.id) ?? 'unknown'}`)
      const way = waysOf(envelope.id)
      if (envelope.via === 'webhook') way.webhookDoneAt ??= world.clock.now()
      else way.pollDoneAt ??= world.clock.now()
    },
    logged(message, fields) {
      if (message === 'which way an event came first could not be noted' && fields?.eventId !== undefined)
        waysOf(fields.eventId).isUnnoted = true
    },
  }
}

type Report = (invariant: string, message: string) => void

const watermarkIn = (item: Item | undefined): Poll['watermark'] => {
  const text = item?.['watermark']?.S
  return text === undefined ? undefined : (JSON.parse(text) as Poll['watermark'])
}

/** Every write to a poll: where its watermark is, and whether it may be there. */
function watchPolls(
  world: SyncWorld,
  queued: ReadonlySet<string>,
  report: Report,
  counts: { watermarks: number },
): void {
  /** When the reading began that a poll is in. */
  const begunAt = new Map<SimStream, number>()
  const byKey = new Map(
    world.streams.map((stream) => [`${pollKey(stream.connection)}/${stream.kind}`, stream]),
  )
  world.connections.onWrite((before, after) => {
    const stream = byKey.get(`${after?.['pk']?.S}/${after?.['sk']?.S}`)
    if (!stream || !after) return
    const isTaken = after['fence']?.N !== before?.['fence']?.N
    if (isTaken && !after['page']) begunAt.set(stream, world.clock.now())
    const [was, is] = [watermarkIn(before), watermarkIn(after)]
    if (!was || !is || was.text === is.text) return
    counts.watermarks += 1
    checkWatermark({ stream, was, is, begunAt: begunAt.get(stream) ?? 0 }, world, queued, report)
  })
}

interface Move {
  readonly stream: SimStream
  readonly was: NonNullable<Poll['watermark']>
  readonly is: NonNullable<Poll['watermark']>
  readonly begunAt: number
}

function checkWatermark(
  { stream, was, is, begunAt }: Move,
  world: SyncWorld,
  queued: ReadonlySet<string>,
  report: Report,
): void {
  const now = world.clock.now()
  const name = `the watermark of ${stream.connection} ${stream.kind}`
  if (is.at < was.at) report('I13', `${name} went back from ${was.text} to ${is.text}`)
  if (is.at > now + polling.skewMs + world.skewMs) report('I13', `${name} is ahead of its time: ${is.text}`)
  const seen = stream.history.filter(({ visibleAt }) => visibleAt <= now)
  const told = stream.kind === 'journal' ? now + world.aheadMs : Math.max(...seen.map(({ at }) => at))
  if (is.at > told) report('I13', `${name} is beyond what the provider has said: ${is.text}`)
  const skipped = seen.filter(
    (change) =>
      // What is of that very time is read again: lists are asked for it inclusively.
      toldTime(change, stream) < is.at &&
      change.visibleAt < begunAt &&
      isShown(change, stream, now) &&
      !queued.has(change.id),
  )
  if (skipped.length > 0)
    report('I12', `${name} is ${is.text}, and ${skipped.map(({ id }) => id).join()} is not queued`)
}

/** Its time as the list has it. */
const toldTime = ({ at }: Change, { kind }: SimStream): number =>
  showsStates(kind) ? Math.floor(at / 1_000) * 1_000 : at

/** A list of things shows only what no other change has followed. */
const isShown = ({ hiddenAt }: Change, { kind }: SimStream, now: number): boolean =>
  !showsStates(kind) || hiddenAt > now
