import { covers } from '#lib/access/tenant-scope.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { LedgerRecord } from '#lib/idempotency/record.ts'
import { replay, type ReplayOutcome } from '#lib/processing/replay.ts'
import type { Admitted } from './admitted.ts'

const idGrammar = /^evt_[A-Za-z0-9_-]{32}$/

/** The record of an event; `undefined` for an id that is none, without asking, and for one of another's tenant. */
export async function findEvent(
  id: string,
  signal: AbortSignal,
  { history, scope, touches }: Pick<Admitted, 'history' | 'scope' | 'touches'>,
): Promise<LedgerRecord | undefined> {
  const record = idGrammar.test(id) ? await history.get(id, signal) : undefined
  if (!record || !covers(scope, record.tenant)) return undefined
  touches(record.tenant)
  return record
}

/**
 * Sends one event through again.
 * @throws SluiceError `BUFFER_UNAVAILABLE` when the queue or the bucket does not answer.
 */
export async function replayEvent(
  id: string,
  signal: AbortSignal,
  deps: Admitted,
): Promise<ReplayOutcome | { readonly kind: 'not_found' }> {
  const record = await findEvent(id, signal, deps)
  if (!record) return { kind: 'not_found' }
  try {
    return await replay(record, signal, deps)
  } catch (cause) {
    throw cause instanceof SluiceError
      ? cause
      : new SluiceError('BUFFER_UNAVAILABLE', 'a replay could not be queued', { cause })
  }
}

const problems = {
  not_found: { code: 'not_found', detail: 'No event with this id is known, or no worker has taken it yet.' },
  not_finished: {
    code: 'conflict',
    detail: 'This event is still on its way. Wait until it is done or dead.',
  },
  expired: { code: 'gone', detail: 'The body of this event has been deleted after its time.' },
  not_dead: { code: 'conflict', detail: 'Only dead events are redriven.' },
} as const satisfies Record<string, Problem>

/** Why an event was not sent through again. */
export const problemOf = (kind: keyof typeof problems): Problem => problems[kind]
