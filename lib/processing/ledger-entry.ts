import type { ObjectStore } from '../buffer/buffer.ts'
import { eventId, type Envelope } from '../buffer/envelope.ts'
import { keepEnvelope, keepMessage } from '../buffer/kept.ts'
import { awsTimeouts, ledger } from '../config/defaults.ts'
import { prefixes } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Burial, Claims, EventFacts, KeptEnvelope } from '../idempotency/claims.ts'
import { ms, type Clock } from '../primitives/clock.ts'
import { deadlineAfter } from '../primitives/deadline.ts'
import { hashTuple, sha256Hex } from '../primitives/bytes.ts'
import type { WebhookDeclaration } from '../providers/provider.ts'
import { contentHash } from './content-hash.ts'

/** How a provider's deliveries are read. */
export type DeclarationOf = (provider: string) => WebhookDeclaration | undefined

/** What the Ledger says of an event. */
export function factsOf(envelope: Envelope, declaration: DeclarationOf): EventFacts {
  const declared = declaration(envelope.provider)
  const unsignedId = declared?.unsignedId && envelope.headers[declared.unsignedId]
  return {
    id: envelope.id,
    tenant: envelope.tenant,
    provider: envelope.provider,
    endpoint: envelope.endpoint,
    type: envelope.type,
    via: envelope.via,
    deliveryKey: envelope.deliveryKey,
    receivedAt: envelope.receivedAt,
    contentHash: contentHash(envelope, declared?.volatile),
    ...(envelope.replayOf !== undefined && { replayOf: envelope.replayOf }),
    ...(unsignedId && { unsignedId }),
  }
}

export interface KeepDeps {
  readonly objects: ObjectStore
  readonly clock: Clock
}

/**
 * The envelope as the Ledger keeps it: in the item, or archived when it is too large for one.
 * @throws SluiceError `PAYLOAD_UNAVAILABLE` when the bucket does not take it.
 */
export const keptOf = (envelope: Envelope, deps: KeepDeps, raw?: Uint8Array): Promise<KeptEnvelope> =>
  keep(keepEnvelope(envelope, raw), `${envelope.tenant}/${envelope.id}`, deps)

async function keep(envelope: Uint8Array, name: string, { objects, clock }: KeepDeps): Promise<KeptEnvelope> {
  if (envelope.byteLength <= ledger.inlineEnvelopeBytes) return { envelope }
  const envelopeKey = `${prefixes.archive}${name}`
  const deadline = deadlineAfter(clock, ms(2 * awsTimeouts.requestMs))
  try {
    await objects.put(envelopeKey, envelope, deadline.signal)
    return { envelopeKey }
  } catch (cause) {
    throw new SluiceError('PAYLOAD_UNAVAILABLE', 'the bucket did not take the envelope', { cause })
  } finally {
    deadline.end()
  }
}

export interface BuryDeps extends KeepDeps {
  readonly claims: Claims
  readonly declaration: DeclarationOf
}

/** Other content under a known key gets a record of its own, named by key and content, dead with its reason. */
export async function buryConflict(envelope: Envelope, deps: BuryDeps): Promise<Burial> {
  const facts = factsOf(envelope, deps.declaration)
  const id = eventId(
    envelope.tenant,
    envelope.endpoint,
    `${envelope.changeKey ?? envelope.deliveryKey}#${facts.contentHash}`,
  )
  const kept = await keptOf({ ...envelope, id }, deps)
  return deps.claims.buryUnclaimed({ ...facts, id, flag: 'conflict' }, 'conflict', kept)
}

/** An event that the queue is through with, whatever became of the event itself. */
export async function buryLost(envelope: Envelope, reason: string, deps: BuryDeps): Promise<Burial> {
  const kept = await keptOf(envelope, deps)
  const burial = await deps.claims.buryUnclaimed(factsOf(envelope, deps.declaration), reason, kept)
  return burial === 'conflict' ? buryConflict(envelope, deps) : burial
}

/** What can't be read is kept as it came, under an id made of its text, so that a second copy is not a second record. */
export async function buryMessage(message: string, deps: BuryDeps): Promise<Burial> {
  const unknown = 'unknown'
  const id = `evt_${hashTuple(unknown, message).toString('base64url').slice(0, 32)}`
  const kept = await keep(keepMessage(message), `${unknown}/${id}`, deps)
  const hash = sha256Hex(message)
  const facts: EventFacts = {
    id,
    tenant: unknown,
    provider: unknown,
    endpoint: unknown,
    type: unknown,
    via: 'webhook',
    deliveryKey: `sha256:${hash}`,
    receivedAt: deps.clock.now(),
    contentHash: hash,
  }
  return deps.claims.buryUnclaimed(facts, 'bad_envelope', kept)
}
