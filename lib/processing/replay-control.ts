import { replaying as limits } from '../config/replay-defaults.ts'
import { hashTuple } from '../primitives/bytes.ts'
import { elapsed, epochMs, later, ms, toSeconds, type Clock, type EpochMs } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import { jobOf, type ReplayJobs } from './replay-jobs.ts'
import {
  changed,
  hasEnded,
  noCounts,
  type Replay,
  type ReplayChange,
  type Replays,
  type ReplayWindow,
} from './replays.ts'

export interface ReplayControlDeps {
  readonly replays: Replays
  readonly jobs: ReplayJobs
  readonly clock: Clock
  readonly random: Random
}

export interface ReplayWish extends ReplayWindow {
  /** Events a second. */
  readonly rate: number
  readonly limit: number
  readonly planned?: number | undefined
  /** Asked for again under the same key, the first one is meant. */
  readonly key?: string | undefined
}

export type StartOutcome =
  | { readonly kind: 'started'; readonly replay: Replay }
  /** Another one of this tenant is under way. */
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'busy' }

/**
 * Begins a replay, where no other of its tenant is under way. What was begun under a key and not answered is gone on with when it
 * is asked for again; without one it is found in the list, and goes on when someone resumes it.
 * @throws SluiceError `LEDGER_UNAVAILABLE`, `BUFFER_UNAVAILABLE`
 */
export async function startReplay(
  { key, ...wish }: ReplayWish,
  deps: ReplayControlDeps,
): Promise<StartOutcome> {
  const { replays, jobs, clock, random } = deps
  const id = key === undefined ? freshId(random) : replayId(wish.tenant, key)
  const first = key === undefined ? undefined : await replays.get(id)
  const other = first ? undefined : await underWay(wish.tenant, deps)
  if (other) return { kind: 'taken', by: other.id }
  const fresh = freshReplay(id, wish, clock.now())
  // Where it is there already, that was an answer that got lost, or the same key at the same moment.
  const replay = first ?? ((await replays.create(fresh)) === 'created' ? fresh : await replays.get(id))
  if (!replay) return { kind: 'busy' }
  if (replay.state !== 'running') return { kind: 'started', replay }
  const turn = await turnFor(replay, deps)
  if (turn === 'ours') {
    await jobs.send(jobOf(replay, replay.slice), beginsIn(replay, clock.now()))
    return { kind: 'started', replay }
  }
  if (key === undefined)
    await replays.save(changed(replay, { state: 'cancelled', cause: 'another was first' }), token128(random))
  return turn
}

const freshReplay = (id: string, wish: Omit<ReplayWish, 'key'>, now: EpochMs): Replay =>
  changed(
    {
      ...wish,
      planned: wish.planned ?? 0,
      id,
      state: 'running',
      createdAt: now,
      slice: 0,
      counts: noCounts,
      failures: 0,
      version: 0,
      leaseUntil: epochMs(0),
      expireAt: toSeconds(later(now, limits.keepMs)),
    },
    { planned: wish.planned },
  )

const freshId = (random: Random): string => `rp_${Buffer.from(random.bytes(24)).toString('base64url')}`
const replayId = (tenant: string, key: string): string =>
  `rp_${hashTuple(tenant, key).toString('base64url').slice(0, 32)}`

/** What was received a moment ago is not in the index yet. */
const beginsIn = ({ until }: Replay, now: EpochMs) => ms(Math.max(0, elapsed(now, until) + limits.indexLagMs))

/** What people can ask of a replay. */
export const replayActions = ['pause', 'resume', 'cancel'] as const
export type ReplayAction = (typeof replayActions)[number]

/** `ended`: it is over, and stays as it is. `taken`: another has its turn. `busy`: it is being written; ask again. */
export type ControlOutcome =
  | { readonly kind: 'changed' | 'ended'; readonly replay: Replay }
  | { readonly kind: 'taken'; readonly by: string }
  | { readonly kind: 'unknown' | 'busy' }

const tries = 5

/**
 * Pauses, resumes or cancels. A slice that is under way stops at its next page; what it has queued comes within ten seconds.
 * Asked for twice it is done once; a resume that could not queue its message is done by asking again.
 * @throws SluiceError `LEDGER_UNAVAILABLE`, `BUFFER_UNAVAILABLE`
 */
export async function controlReplay(
  id: string,
  action: ReplayAction,
  deps: ReplayControlDeps,
): Promise<ControlOutcome> {
  const { replays, jobs, clock, random } = deps
  // A running slice writes with every page.
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await replays.get(id)
    if (!found) return { kind: 'unknown' }
    const change = changeFor(found, action, clock.now())
    if (change === 'ended') return { kind: 'ended', replay: found }
    if (action === 'resume') {
      const turn = await turnFor(found, deps)
      if (turn !== 'ours') return turn
    }
    const next = change && changed(found, change)
    if (next && (await replays.save(next, token128(random))) === 'lost') continue
    const now = next ? { ...next, version: next.version + 1 } : found
    if (now.state === 'running') await jobs.send(jobOf(now, now.slice), beginsIn(now, clock.now()))
    return { kind: 'changed', replay: now }
  }
  return { kind: 'busy' }
}

/** The replay of a tenant that is not over. */
async function underWay(
  tenant: string,
  { replays }: Pick<ReplayControlDeps, 'replays'>,
): Promise<Replay | undefined> {
  const turn = await replays.turn(tenant)
  const found = turn && (await replays.get(turn.replay))
  return found && !hasEnded(found) ? found : undefined
}

/** A replay whose beginning was cut short may not have had its turn. */
async function turnFor(
  { tenant, id }: Replay,
  { replays, random }: ReplayControlDeps,
): Promise<'ours' | { readonly kind: 'taken'; readonly by: string } | { readonly kind: 'busy' }> {
  const turn = await replays.turn(tenant)
  if (turn?.replay === id) return 'ours'
  const other = turn && (await replays.get(turn.replay))
  if (other && !hasEnded(other)) return { kind: 'taken', by: other.id }
  if (await replays.takeTurn({ tenant, replay: id }, turn, token128(random))) return 'ours'
  // The answer to the first try may have got lost.
  return (await replays.turn(tenant))?.replay === id ? 'ours' : { kind: 'busy' }
}

/** `undefined` where it is so already. */
function changeFor(
  { state }: Replay,
  action: ReplayAction,
  now: EpochMs,
): ReplayChange | 'ended' | undefined {
  if (state === 'cancelled' && action === 'cancel') return undefined
  if (hasEnded({ state })) return 'ended'
  // Whoever sends it now has lost it.
  const free = { leaseUntil: epochMs(0) }
  if (action === 'cancel') return { ...free, state: 'cancelled', finishedAt: now, nextAt: undefined }
  if (action === 'pause')
    return state === 'paused' ? undefined : { ...free, state: 'paused', cause: undefined }
  if (state === 'running') return undefined
  return { ...free, state: 'running', cause: undefined, failures: 0, failure: undefined, nextAt: undefined }
}
