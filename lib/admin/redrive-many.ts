import { covers } from '../access/tenant-scope.ts'
import { describeError } from '../errors/sluice-error.ts'
import { mapBounded } from '../primitives/bulkhead.ts'
import { redrive, type ReplayDeps } from '../processing/replay.ts'
import type { Log } from '../telemetry/log.ts'
import { browseDead, type BrowseDeps } from './browse.ts'
import type { Redriven, RedriveRequest } from './schemas.ts'

export interface RedriveDeps extends BrowseDeps, ReplayDeps {
  readonly log: Log
  /** Told whose events are redriven. */
  readonly touches: (tenant: string) => void
}

export type RedriveOutcome =
  | ({ readonly kind: 'redriven' } & Redriven)
  | { readonly kind: 'invalid_cursor' }
  /** Not one of them could be queued: the queue or the ledger is down. */
  | { readonly kind: 'unavailable' }

const concurrency = 8

/**
 * Gives dead events their attempts back: those named, or a page of those that died of one reason. An event stays dead
 * until a worker takes it, so asking twice is harmless.
 */
export async function redriveMany(
  request: RedriveRequest,
  signal: AbortSignal,
  deps: RedriveDeps,
): Promise<RedriveOutcome> {
  const chosen = await choose(request, signal, deps)
  if (!chosen) return { kind: 'invalid_cursor' }
  const items = await mapBounded(chosen.ids, concurrency, async (id) => ({
    id,
    result: await redriveOne(id, signal, deps),
  }))
  if (items.length > 0 && items.every(({ result }) => result === 'failed')) return { kind: 'unavailable' }
  return { kind: 'redriven', items, cursor: chosen.cursor }
}

async function choose(request: RedriveRequest, signal: AbortSignal, deps: RedriveDeps) {
  if ('ids' in request) return { ids: [...new Set(request.ids)], cursor: null }
  const page = await browseDead({ ...request, limit: '100' }, signal, deps)
  return page.kind === 'page' ? { ids: page.items.map(({ id }) => id), cursor: page.cursor } : undefined
}

async function redriveOne(
  id: string,
  signal: AbortSignal,
  deps: RedriveDeps,
): Promise<Redriven['items'][number]['result']> {
  try {
    const record = await deps.history.get(id, signal)
    if (!record || !covers(deps.scope, record.tenant)) return 'not_found'
    deps.touches(record.tenant)
    return (await redrive(record, signal, deps)).kind
  } catch (error) {
    deps.log('error', 'an event could not be redriven', { eventId: id, error: describeError(error) })
    return 'failed'
  }
}
