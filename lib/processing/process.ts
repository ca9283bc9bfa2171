import type { Buffer as EventBuffer } from '../buffer/buffer.ts'
import type { Envelope } from '../buffer/envelope.ts'
import { retry, worker } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Claim, ClaimOutcome } from '../idempotency/claims.ts'
import { elapsed, later } from '../primitives/clock.ts'
import { token128 } from '../primitives/random.ts'
import type { Sluice } from '../outbound/sluice.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { Ownership } from '../facts/tenant.ts'
import { attemptScope, type AttemptScope } from './attempt-scope.ts'
import { contextOf } from './context.ts'
import { deliver, type Delivered, type Offer } from './deliver.ts'
import { processElements } from './elements.ts'
import { toEvent } from './event.ts'
import { noteHint, type HintDeps } from './hint.ts'
import type { SluiceEvent } from './handler.ts'
import { buryConflict, factsOf, type DeclarationOf } from './ledger-entry.ts'
import { noteDeath, type Held } from './held.ts'
import { readPayload } from './payload.ts'
import {
  about,
  again,
  bury,
  finish,
  park,
  putBack,
  settled,
  type Processed,
  type SettleDeps,
} from './settle.ts'
import type { Sink } from './sink.ts'
import { noteSight, type SightDeps } from './sight.ts'
import { split } from './split.ts'
import type { TimeLimit } from './time-limit.ts'

export interface ProcessDeps extends SettleDeps, SightDeps, HintDeps {
  readonly sinks: readonly Sink[]
  readonly declaration: DeclarationOf
  /** Whose events an endpoint takes; an element of a batch may belong to another tenant than its delivery. */
  readonly ownership: (provider: string, endpoint: string) => Ownership | undefined
  /** Where an element that must wait goes, on its own, so that it holds up no other. */
  readonly queue: Pick<EventBuffer, 'send'>
  readonly fetch: typeof fetch
  /** Calls by connections. */
  readonly sluice: Sluice
  /** Where is noted what an event dies of. */
  readonly held: Pick<Held, 'note'>
  /** How a provider's API answers. */
  readonly apiOf: (provider: string) => ApiDeclaration | undefined
}

/**
 * Takes one event from claim to outcome. Nothing is handled without a claim; whatever happens in between, the event ends
 * as done, as dead with its reason, or back on the queue.
 * @param limit when its handlers must be through; a slow claim takes its time from them, never from what comes after
 * @throws SluiceError `LEDGER_UNAVAILABLE`: nothing is known, the message must come back.
 */
export async function processEnvelope(
  envelope: Envelope,
  limit: TimeLimit,
  deps: ProcessDeps,
): Promise<Processed> {
  const { claims, random } = deps
  const facts = factsOf(envelope, deps.declaration)
  const outcome = await claims.claim({
    facts,
    owner: token128(random),
    leaseUntil: later(limit.at, worker.handlerMarginMs + worker.leaseMarginMs),
    redrive: envelope.redrive,
    redriveBy: envelope.redriveBy,
    sighted: envelope.poll !== undefined,
  })
  await noteSight(envelope, outcome, deps)
  if (outcome.kind === 'claimed') return attempt(envelope, outcome.claim, limit, deps)
  return turnAway(envelope, outcome, deps)
}

async function turnAway(
  envelope: Envelope,
  outcome: Exclude<ClaimOutcome, { kind: 'claimed' }>,
  deps: ProcessDeps,
): Promise<Processed> {
  const { provider } = envelope
  switch (outcome.kind) {
    case 'busy': {
      const leaseMs = Math.max(0, elapsed(deps.clock.now(), outcome.leaseUntil))
      return again(leaseMs + 1_000 + deps.random.fraction() * 1_000)
    }
    case 'conflict': {
      deps.log('warn', 'another content came under a known key', { ...about(envelope) })
      deps.metrics.count('EventConflict', { provider })
      const buried = await buryConflict(envelope, deps)
      return buried === 'settled' ? settled : again(retry.baseMs)
    }
    case 'settled': {
      const unsignedId = factsOf(envelope, deps.declaration).unsignedId
      deps.metrics.count('EventDuplicate', { provider })
      if (unsignedId !== outcome.unsignedId && outcome.unsignedId !== undefined) {
        deps.metrics.count('EventReplayedDelivery', { provider })
        await deps.claims.flagReplayed(envelope.id)
      }
      return settled
    }
  }
}

async function attempt(
  envelope: Envelope,
  claim: Claim,
  limit: TimeLimit,
  deps: ProcessDeps,
): Promise<Processed> {
  // Started and crashed too often to be started again: this claim is no attempt.
  if (claim.attempts > deps.maxAttempts) {
    return bury(envelope, { ...claim, attempts: deps.maxAttempts }, 'attempts_exhausted', deps)
  }
  if (elapsed(deps.clock.now(), limit.at) < worker.handlerFloorMs) {
    // The next invocation has time.
    return park(envelope, claim, 'no_time_left', deps, worker.startFloorMs)
  }
  deps.metrics.count('EventStarted', { provider: envelope.provider })
  const scope = attemptScope(limit, deps.fetch)
  let delivered: Delivered = claim
  try {
    const raw = await readPayload(envelope, deps.objects, scope)
    const elements = elementsOf(envelope, raw, deps)
    if (elements) return await takeApart({ envelope, raw, claim, elements }, limit, deps)
    await noteHint(envelope, claim.attempts, deps)
    delivered = await handle(envelope, raw, claim, scope, deps)
    if (delivered.failure === undefined) return await finish(envelope, raw, claim, deps)
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code === 'LEDGER_UNAVAILABLE') throw error
    const reason = error.code.toLowerCase()
    if (error.consequence === 'park') return await bury(envelope, claim, reason, deps)
    // What failed is Sluice's own: the bucket. No handler is to blame, so no attempt is used.
    return await park(envelope, { ...claim, steps: delivered.steps }, reason, deps)
  } finally {
    scope.end()
  }
  const rest = { ...claim, steps: delivered.steps }
  if (scope.askedToWait === undefined && claim.attempts >= deps.maxAttempts)
    await noteDeath(envelope, claim, scope.cause, deps)
  // A provider, or what guards it, asked to wait: that is no fault of the handler, and trying sooner changes nothing.
  return scope.askedToWait === undefined
    ? putBack(envelope, rest, delivered.failure, deps)
    : park(envelope, rest, delivered.failure, deps, scope.askedToWait)
}

const elementsOf = (envelope: Envelope, raw: Uint8Array, deps: ProcessDeps) =>
  split(
    envelope,
    raw,
    deps.declaration(envelope.provider),
    deps.ownership(envelope.provider, envelope.endpoint),
  )

interface Delivery {
  readonly envelope: Envelope
  readonly raw: Uint8Array
  readonly claim: Claim
  readonly elements: readonly Envelope[]
}

/** The delivery is done once each element is settled, or waits on its own. */
async function takeApart(
  { envelope, raw, claim, elements }: Delivery,
  limit: TimeLimit,
  deps: ProcessDeps,
): Promise<Processed> {
  // The last attempt died with all that it had started: whose fault that is shows when each goes its own way.
  const together = claim.attempts === 1
  const isThrough = await processElements(elements, limit, {
    ...deps,
    ...(together && { process: (element) => processEnvelope(element, limit, deps) }),
  })
  deps.metrics.count('BatchElements', { provider: envelope.provider }, elements.length)
  return isThrough ? finish(envelope, raw, claim, deps) : park(envelope, claim, 'elements_waiting', deps)
}

function handle(
  envelope: Envelope,
  raw: Uint8Array,
  claim: Claim,
  scope: AttemptScope,
  deps: ProcessDeps,
): Promise<Delivered> {
  const wrapped = deps.declaration(envelope.provider)?.wrapped
  const event = toEvent(envelope, raw, wrapped)
  const sinks = deps.sinks.filter((sink) => sink.wants(event))
  if (sinks.length === 0) deps.metrics.count('EventUnhandled', { provider: envelope.provider })
  let fresh: SluiceEvent | undefined = event
  const { sluice, apiOf, clock, random, log } = deps
  const offer = (sink: string): Offer => {
    const own = fresh ?? toEvent(envelope, raw, wrapped)
    fresh = undefined
    const calls = { sink, sluice, apiOf, clock, random }
    return { event: own, context: contextOf({ envelope, raw, claim, scope, event: own, calls, log }) }
  }
  return deliver({ sinks, done: claim.steps, attempt: claim.attempts, offer }, scope)
}
