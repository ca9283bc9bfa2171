import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { eventId } from '#lib/buffer/envelope.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import type { Item } from './models/expression.ts'
import { envelopeIn } from './mutants.ts'
import type { World } from './world.ts'

/** A promise that was broken, with what is needed to see how. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.invariant = invariant
  }
}

/** What a sender sent and got a 2xx for. */
export interface Accepted {
  readonly id: string
  readonly tenant: string
  readonly endpoint: string
  readonly deliveryKey: string
  readonly sha256: string
}

/** Watches one world; throws {@link Violation} at the first broken promise, or collects those seen inside a write. */
export interface Watch {
  accepted(event: Accepted): void
  handlerStarts(run: {
    readonly id: string
    readonly fence: number
    readonly rawBody: Uint8Array
    readonly expected: string | undefined
    /** Whether this run could still act: its sandbox neither dead nor standing still, its time not over. */
    readonly isLive: () => boolean
  }): void
  handlerSucceeds(id: string): void
  /** The worker told the queue that it is through with this message. */
  acknowledged(message: string): void
  redriven(id: string): void
  /** Nothing accepted may ever be nowhere. */
  checkNothingLost(): void
  /** When all is quiet: everything accepted is done or dead with its reason, as often as it came in and no more. */
  checkAtRest(maxAttempts: number): void
  report(invariant: string, message: string): void
  /** The first violation seen so far. */
  readonly violation: Violation | undefined
  readonly counts: { accepted: number; done: number; dead: number; starts: number }
}

const st = (item: Item | undefined): string | undefined => item?.['st']?.S
const num = (value: AttributeValue | undefined): number => Number(value?.N ?? Number.NaN)

/** `sent` has the id of every honest event, accepted or not. */
export function watch(world: World, sent: ReadonlyMap<string, string>): Watch {
  const acceptedEvents = new Map<string, Accepted>()
  const completions = new Map<string, number>()
  const starts = new Map<string, number>()
  const successes = new Set<string>()
  /** The last handler run of each event. */
  const running = new Map<string, () => boolean>()
  const counts = { accepted: 0, done: 0, dead: 0, starts: 0 }
  let violation: Violation | undefined
  const report = (invariant: string, message: string): void => {
    violation ??= new Violation(invariant, message)
  }

  world.ledger.onWrite((before, after, values) => {
    const id = (after ?? before)?.['pk']?.S ?? '?'
    if (!after) {
      if (before) report('I03', `the record of ${id} was deleted while it was ${st(before)}`)
      return
    }
    checkTransition(id, before, after, world, report)
    checkAuthor(id, before, after, values[':me']?.S, report)
    if (st(after) === 'done' && st(before) !== 'done') {
      completions.set(id, (completions.get(id) ?? 0) + 1)
      if ((completions.get(id) ?? 0) > 1) report('I05', `${id} was completed twice`)
      const elements = world.batches.get(id)
      if (elements) checkApart(id, elements, world, report)
      else if (!successes.has(id)) report('I06', `${id} is done, and no handler ever succeeded`)
    }
  })

  return {
    counts,
    report,
    get violation() {
      return violation
    },
    accepted(event) {
      acceptedEvents.set(event.id, event)
      counts.accepted = acceptedEvents.size
      if (!isSomewhere(event, world)) report('I09', `${event.id} was answered with 2xx and is stored nowhere`)
    },
    handlerStarts({ id, fence, rawBody, expected, isLive }) {
      if (world.skewMs < 2_000 && running.get(id)?.() === true)
        report('I04', `two workers are at ${id} at once`)
      running.set(id, isLive)
      counts.starts += 1
      starts.set(id, (starts.get(id) ?? 0) + 1)
      const record = world.ledger.items.get(id)
      if (!record || num(record['fence']) < fence) report('I06', `a handler of ${id} started without a claim`)
      if (st(record) === 'done' && num(record?.['fence']) <= fence) {
        report('I06', `a handler of ${id} started after it was done`)
      }
      if (expected === undefined) report('I11', `a handler got an event that nobody sent: ${id}`)
      else if (sha256Hex(rawBody) !== expected)
        report('I02', `the handler of ${id} saw other bytes than were accepted`)
    },
    handlerSucceeds: (id) => void successes.add(id),
    acknowledged(message) {
      const id = envelopeIn(message)?.id
      const record = id === undefined ? undefined : world.ledger.items.get(id)
      if (id !== undefined && st(record) !== 'done' && st(record) !== 'dead') {
        report('I08', `${id} was taken off the queue while it was ${st(record) ?? 'unknown'}`)
      }
    },
    redriven: (id) => void starts.delete(id),
    checkNothingLost() {
      const stored = storedIds(world)
      for (const event of acceptedEvents.values()) {
        if (!stored.has(event.id)) report('I01', `${event.id} was accepted and is nowhere`)
      }
    },
    checkAtRest(maxAttempts) {
      this.checkNothingLost()
      for (const event of acceptedEvents.values()) {
        const record = world.ledger.items.get(event.id)
        if (st(record) !== 'done' && st(record) !== 'dead') {
          report('L1', `${event.id} is ${st(record) ?? 'unknown'} although nothing fails any more`)
        }
        if (record?.['tenant']?.S !== event.tenant) report('I11', `${event.id} is filed under another tenant`)
      }
      const all = [...world.ledger.items.entries()]
      counts.done = all.filter(([, item]) => st(item) === 'done').length
      counts.dead = all.filter(([, item]) => st(item) === 'dead').length
      for (const [id, item] of all) {
        if (
          st(item) === 'dead' &&
          !(item['reason']?.S && item['deadAt']?.S && (item['envelope'] ?? item['envelopeKey']))
        ) {
          report('I28', `${id} is dead without its reason or its envelope`)
        }
        if ((starts.get(id) ?? 0) > maxAttempts) {
          report(
            'I07',
            `the handlers of ${id} were started ${starts.get(id)} times, ${maxAttempts} are allowed`,
          )
        }
      }
      const keys = new Set(
        [...acceptedEvents.values()].map(({ tenant, endpoint, deliveryKey }) =>
          eventId(tenant, endpoint, deliveryKey),
        ),
      )
      if (keys.size !== acceptedEvents.size)
        report('I11', 'two deliveries of different endpoints share an id')
      // A delivery may be stored although its sender heard of a failure, so the ledger may know more than was accepted.
      const unknown = all.filter(([id]) => !sent.has(id))
      if (unknown.length > 0) report('I32', `the ledger has ${unknown.length} events that nobody sent`)
    },
  }
}

/** A batch is done when each of its events is settled, or is on its way by itself. */
function checkApart(id: string, elements: readonly string[], world: World, report: Report): void {
  const waiting = new Set(world.sqs.bodies().flatMap((body) => envelopeIn(body)?.id ?? []))
  const left = elements.filter((element) => {
    const status = st(world.ledger.items.get(element))
    return status !== 'done' && status !== 'dead' && !waiting.has(element)
  })
  if (left.length > 0) report('I08', `the batch ${id} is done while ${left.join(', ')} is nowhere`)
}

type Report = (invariant: string, message: string) => void

function checkTransition(
  id: string,
  before: Item | undefined,
  after: Item,
  world: World,
  report: Report,
): void {
  if (!before) return
  const nowMs = world.clock.now()
  if (
    st(before) === 'done' &&
    st(after) !== 'done' &&
    num(before['expireAt']) * 1_000 > nowMs + world.skewMs
  ) {
    report('I03', `${id} was done and became ${st(after)}`)
  }
  if (num(after['fence']) < num(before['fence'])) report('I04', `the fence of ${id} fell`)
  const sameFence = num(after['fence']) === num(before['fence'])
  const [owner, next] = [before['owner']?.S, after['owner']?.S]
  if (owner !== next && sameFence && st(before) === 'claimed')
    report('I04', `${id} changed its owner under one fence`)
  const held = st(before) === 'claimed' && num(before['leaseUntil']) > nowMs + world.skewMs
  if (held && owner !== next) report('I04', `the lease of ${id} was taken while it was held`)
}

/** A claim ends by the hand of its owner; everyone else must have taken it over first. */
function checkAuthor(
  id: string,
  before: Item | undefined,
  after: Item,
  author: string | undefined,
  report: Report,
): void {
  const ended = st(before) === 'claimed' && st(after) !== 'claimed'
  if (ended && author !== undefined && author !== before?.['owner']?.S) {
    report('I04', `${id} was ended by a worker that does not own it`)
  }
}

const isSomewhere = (event: Accepted, world: World): boolean => storedIds(world).has(event.id)

/** Ids of all events that are in a queue, in the spill, or recorded. */
function storedIds(world: World): Set<string> {
  const spilled = [...world.s3.objects]
    .filter(([key]) => key.startsWith('spill/'))
    .map(([, bytes]) => Buffer.from(bytes).toString('utf8'))
  const own = [...world.sqs.bodies(), ...spilled].flatMap((body) => envelopeIn(body)?.id ?? [])
  const buried = [...world.ledger.items].filter(([, item]) => st(item) === 'dead').map(([id]) => id)
  // A batch that waits, or is dead with its envelope, still holds its events.
  const waiting = [...own, ...[...own, ...buried].flatMap((id) => world.batches.get(id) ?? [])]
  const settled = [...world.ledger.items].filter(([, item]) => st(item) === 'done' || st(item) === 'dead')
  return new Set([...waiting, ...settled.map(([id]) => id)])
}
