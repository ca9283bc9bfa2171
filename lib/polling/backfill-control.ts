import { backfill as limits } from '../config/backfill-defaults.ts'
import { epochMs, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import {
  backfillId,
  changed,
  hasEnded,
  type Backfill,
  type BackfillChange,
  type BackfillId,
  type Backfills,
  type BackfillWindow,
} from './backfill.ts'
import { jobOf, type BackfillJobs } from './backfill-jobs.ts'
import type { BackfillSource } from './backfill-source.ts'
import type { Poll } from './poll-state.ts'

export interface BackfillControlDeps {
  readonly backfills: Backfills
  readonly jobs: BackfillJobs
  readonly clock: Clock
  readonly random: Random
}

export interface BackfillWish extends BackfillWindow {
  /** Reads a window again that was read, or given up, before. */
  readonly again?: boolean
}

export type StartOutcome =
  | { readonly kind: 'started' | 'exists'; readonly backfill: Backfill }
  | { readonly kind: 'refused'; readonly field: 'since' | 'until'; readonly why: string }
  | { readonly kind: 'busy' }

/**
 * Starts reading a window of a stream. The same window is the same backfill: asked for twice it is read once, and what was
 * begun and not queued is queued.
 * @throws SluiceError `VAULT_UNAVAILABLE`, `BUFFER_UNAVAILABLE`: asking again is safe.
 */
export async function startBackfill(
  poll: Poll,
  source: Pick<BackfillSource, 'kind' | 'maxAgeMs'>,
  { again, ...window }: BackfillWish,
  deps: BackfillControlDeps,
): Promise<StartOutcome> {
  const { backfills, jobs, clock } = deps
  const refused = faultIn(window, source, clock.now())
  if (refused) return { kind: 'refused', ...refused }
  const fresh = freshBackfill(poll, source, window, clock.now())
  const made = await backfills.create(fresh)
  const found = made === 'created' ? fresh : await backfills.get(fresh)
  if (!found) return { kind: 'busy' }
  if (made === 'exists' && again && hasEnded(found)) return restart(found, fresh, deps)
  if (found.state === 'running') await jobs.send(jobOf(found, found.slice))
  return { kind: made === 'created' ? 'started' : 'exists', backfill: found }
}

async function restart(found: Backfill, fresh: Backfill, deps: BackfillControlDeps): Promise<StartOutcome> {
  const { version, createdAt, slice } = found
  const backfill = { ...fresh, version, createdAt, slice: slice + 1 }
  const saved = await save(backfill, deps)
  return saved ? { kind: 'started', backfill: saved } : { kind: 'busy' }
}

function faultIn(
  { since, until }: BackfillWindow,
  { kind }: Pick<BackfillSource, 'kind'>,
  now: EpochMs,
): { readonly field: 'since' | 'until'; readonly why: string } | undefined {
  const field = since === undefined ? 'until' : 'since'
  if (kind === 'block' && (since ?? until) !== undefined)
    return { field, why: 'this stream is counted by blocks: only the whole of it can be read' }
  if (until !== undefined && until > now) return { field: 'until', why: 'must not be in the future' }
  if (since !== undefined && since >= (until ?? now)) return { field: 'since', why: 'must be before the end' }
  return undefined
}

function freshBackfill(
  { tenant, provider, connection, stream, endpoint }: Poll,
  { maxAgeMs }: Pick<BackfillSource, 'maxAgeMs'>,
  window: BackfillWindow,
  now: EpochMs,
): Backfill {
  const earliest = epochMs(Date.parse(limits.earliest))
  const wanted = window.since ?? earliest
  const oldest = maxAgeMs === undefined ? earliest : later(now, -maxAgeMs)
  const isCut = window.since !== undefined && wanted < oldest
  return {
    tenant,
    provider,
    connection,
    stream,
    endpoint,
    ...window,
    id: backfillId({ connection, stream }, window),
    state: 'running',
    createdAt: now,
    begunAt: now,
    from: epochMs(Math.max(wanted, oldest)),
    slice: 0,
    pages: 0,
    read: 0,
    found: 0,
    restarts: 0,
    failures: 0,
    ...(isCut && { gap: { of: 'all', since: wanted, until: oldest } }),
    version: 0,
    leaseUntil: epochMs(0),
  }
}

/** What people can ask of a backfill. */
export const backfillActions = ['pause', 'resume', 'cancel'] as const
export type BackfillAction = (typeof backfillActions)[number]

/** `ended`: it is over, and stays as it is. `busy`: it is being written; ask again. */
export type ControlOutcome =
  | { readonly kind: 'changed' | 'ended'; readonly backfill: Backfill }
  | { readonly kind: 'unknown' | 'busy' }

const tries = 5

/**
 * Pauses, resumes or cancels. A slice that is under way stops at its next page. Asked for twice it is done once; a resume that
 * could not queue its message is done by asking again.
 * @throws SluiceError `VAULT_UNAVAILABLE`, `BUFFER_UNAVAILABLE`
 */
export async function controlBackfill(
  id: BackfillId,
  action: BackfillAction,
  deps: BackfillControlDeps,
): Promise<ControlOutcome> {
  // A running slice writes with every page.
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await deps.backfills.get(id)
    if (!found) return { kind: 'unknown' }
    const change = changeFor(found, action, deps.clock.now())
    if (change === 'ended') return { kind: 'ended', backfill: found }
    if (!change && action === 'resume') await deps.jobs.send(jobOf(found, found.slice))
    if (!change) return { kind: 'changed', backfill: found }
    const saved = await save(changed(found, change), deps)
    if (saved) return { kind: 'changed', backfill: saved }
  }
  return { kind: 'busy' }
}

/** `undefined` where it is so already. */
function changeFor(
  { state }: Backfill,
  action: BackfillAction,
  now: EpochMs,
): BackfillChange | 'ended' | undefined {
  if (state === 'cancelled' && action === 'cancel') return undefined
  if (hasEnded({ state })) return 'ended'
  // Whoever reads it now has lost it.
  const free = { leaseUntil: epochMs(0) }
  if (action === 'cancel') return { ...free, state: 'cancelled', finishedAt: now, nextAt: undefined }
  if (action === 'pause')
    return state === 'paused' ? undefined : { ...free, state: 'paused', cause: undefined }
  if (state === 'running') return undefined
  return { ...free, state: 'running', cause: undefined, failures: 0, failure: undefined, nextAt: undefined }
}

/** Saves, and queues the slice that is next; `undefined` where another has written. */
async function save(
  backfill: Backfill,
  { backfills, jobs, random }: BackfillControlDeps,
): Promise<Backfill | undefined> {
  if ((await backfills.save(backfill, token128(random))) === 'lost') return undefined
  if (backfill.state === 'running') await jobs.send(jobOf(backfill, backfill.slice))
  return { ...backfill, version: backfill.version + 1 }
}
