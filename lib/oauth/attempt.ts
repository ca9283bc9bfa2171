import { oauth as limits } from '../config/defaults.ts'
import { elapsed, isPast, type EpochMs } from '../primitives/clock.ts'
import type { Vault } from '../vault/vault.ts'
import type { CameBack, ConnectStore } from './connect-store.ts'

/**
 * What became of a connect link. `open`: nobody has opened it. `started`: a browser is at the provider. `finishing`: it has come
 * back, or needed not go there, and tokens are being asked for. `connected`: everything that the flow was given is saved.
 * `abandoned`: it did not come back in time. `pending_lost`: whoever asked for tokens died before all of them were saved, or
 * could not save them; the provider may count the grant as given, so it must be connected again.
 */
export type AttemptStatus =
  | 'open'
  | 'expired'
  | 'started'
  | 'abandoned'
  | 'finishing'
  | 'connected'
  | 'denied'
  | 'failed'
  | 'pending_lost'

export interface Attempt {
  readonly tenant: string
  readonly provider: string
  readonly status: AttemptStatus
  /** The connection that was made. */
  readonly connection?: string
  /** Why it failed, in a word. */
  readonly reason?: string
  readonly expiresAt: EpochMs
}

export interface AttemptDeps {
  readonly store: Pick<ConnectStore, 'follow'>
  readonly vault: Pick<Vault, 'get'>
}

/** What became of the link of this name; `undefined` for one that never was, is forgotten, or is another tenant's. */
export async function findAttempt(
  { tenant, name }: { readonly tenant: string; readonly name: string },
  now: EpochMs,
  deps: AttemptDeps,
): Promise<Attempt | undefined> {
  const found = await deps.store.follow(name, now)
  if (!found || found.link.tenant !== tenant) return undefined
  const { link, wasOpened, flow } = found
  const { provider, expiresAt } = link
  const attempt = { tenant, provider, expiresAt }
  const isOver = isPast(expiresAt, now)
  if (!wasOpened) return { ...attempt, status: isOver ? 'expired' : 'open' }
  if (flow.kind === 'used') return { ...attempt, ...(await endOf(flow, now, deps)) }
  return { ...attempt, status: flow.kind === 'first' || !isOver ? 'started' : 'abandoned' }
}

/** How the flow of a state that came back stands. */
export async function endOf(
  { value, usedAt, end }: CameBack,
  now: EpochMs,
  { vault }: Pick<AttemptDeps, 'vault'>,
): Promise<Pick<Attempt, 'status' | 'connection' | 'reason'>> {
  if (end?.kind === 'denied') return { status: 'denied' }
  if (end?.kind === 'failed') return { status: 'failed', reason: end.reason }
  if (end?.kind === 'connected') {
    const made = await vault.get(value.tenant, end.connection, { consistent: true })
    // What stood there before is not what this flow was to make.
    if (made && made.connectedAt >= usedAt) return { status: 'connected', connection: end.connection }
  }
  return { status: elapsed(usedAt, now) < limits.finishMs ? 'finishing' : 'pending_lost' }
}
