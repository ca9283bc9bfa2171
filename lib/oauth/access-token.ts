import { oauth as limits } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { elapsed, isPast, later, ms, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { Connection, ConnectionState, ReauthCause, Tokens } from '../vault/connection.ts'
import type { RefreshDeps } from './refresh-deps.ts'
import { refresh } from './refresh.ts'
import { openTokens } from './token-store.ts'

/** What a call to the provider needs. */
export interface AccessToken {
  readonly accessToken: Secret
  readonly tokenType: string
  readonly expiresAt?: EpochMs
  readonly extras: Readonly<Record<string, string>>
}

export type AccessOutcome =
  | { readonly kind: 'token'; readonly token: AccessToken }
  /** It stands on a key, not on tokens; this is its record as it was read. */
  | { readonly kind: 'key'; readonly connection: Connection }
  /** Only the user can mend it. */
  | { readonly kind: 'needs_reauth'; readonly cause: ReauthCause }
  /** There is no such connection of this tenant, or it is not in use. */
  | { readonly kind: 'not_active'; readonly state: ConnectionState | 'unknown' }
  /** No valid token right now; worth another try. */
  | { readonly kind: 'unavailable'; readonly error: string }

export interface AccessTokens {
  /**
   * A valid access token. From memory while it is fresh; refreshed under a lease when it is not, or when `rejected` is the
   * very token that the provider has just refused.
   */
  get(tenant: string, id: string, rejected?: Secret): Promise<AccessOutcome>
}

interface Kept {
  readonly connection: Connection
  readonly tokens: Tokens
  /** When it was read. */
  readonly at: EpochMs
}

export function accessTokens(deps: RefreshDeps): AccessTokens {
  const memory = new Map<string, Kept>()
  const loading = new Map<string, Promise<AccessOutcome>>()

  const remember = (kept: Kept): void => {
    memory.delete(kept.connection.id)
    memory.set(kept.connection.id, kept)
    const [oldest] = memory.keys()
    if (memory.size > limits.keepTokens && oldest !== undefined) memory.delete(oldest)
  }
  const once = (tenant: string, id: string, rejected?: Secret): Promise<AccessOutcome> => {
    const key = `${tenant} ${id}`
    const running =
      loading.get(key) ?? load(tenant, id, rejected, deps, remember).finally(() => loading.delete(key))
    loading.set(key, running)
    return running
  }
  const get: AccessTokens['get'] = async (tenant, id, rejected) => {
    const kept = memory.get(id)
    const isOwn = kept?.connection.tenant === tenant && kept.tokens.accessToken !== rejected?.reveal()
    const now = deps.clock.now()
    // Whoever comes while another caller of this process refreshes is served the token that is still good.
    const isServed =
      isOwn &&
      elapsed(kept.at, now) < limits.keepMs &&
      (isFresh(kept.connection, now) || (loading.has(`${tenant} ${id}`) && isValid(kept.connection, now)))
    if (isServed) return given(kept)
    try {
      const outcome = await once(tenant, id, rejected)
      // What is over is not served on from memory.
      if (outcome.kind === 'needs_reauth' || outcome.kind === 'not_active') memory.delete(id)
      return outcome
    } catch (error) {
      // The table or the keys are away: a token that is still good stays good.
      if (isOwn && isValid(kept.connection, deps.clock.now())) return given(kept)
      if (error instanceof SluiceError && error.consequence === 'retry')
        return { kind: 'unavailable', error: error.code.toLowerCase() }
      throw error
    }
  }
  return { get }
}

/** Each look but the last follows a change that someone made: more than a few mean that something is wrong. */
const maxLooks = 50

async function load(
  tenant: string,
  id: string,
  rejected: Secret | undefined,
  deps: RefreshDeps,
  remember: (kept: Kept) => void,
): Promise<AccessOutcome> {
  const giveUpAt = later(deps.clock.now(), limits.waitMs)
  let last = 'busy'
  for (let look = 1; ; look += 1) {
    const connection = await deps.vault.get(tenant, id, {
      consistent: look > 1 || rejected !== undefined,
    })
    if (!connection) return { kind: 'not_active', state: 'unknown' }
    if (connection.state === 'needs_reauth')
      return { kind: 'needs_reauth', cause: connection.cause ?? 'revoked' }
    if (connection.state !== 'active') return { kind: 'not_active', state: connection.state }
    if (connection.kind === 'key') return { kind: 'key', connection }
    const kept = { connection, tokens: await openTokens(connection, deps), at: deps.clock.now() }
    remember(kept)
    const isRejected = kept.tokens.accessToken === rejected?.reveal()
    if (!isRejected && isFresh(connection, deps.clock.now())) return given(kept)

    const outcome = await refresh(connection, kept.tokens, deps)
    if (outcome.kind === 'needs_reauth') return outcome
    if (outcome.kind === 'gone') return { kind: 'not_active', state: 'deleted' }
    if (outcome.kind === 'changed' && look < maxLooks) continue
    const now = deps.clock.now()
    if (!isRejected && isValid(connection, now)) return given(kept)
    if (outcome.kind === 'failed') return { kind: 'unavailable', error: outcome.error }
    last = outcome.kind
    if (isPast(giveUpAt, now)) return { kind: 'unavailable', error: last }
    await deps.clock.sleep(
      ms(fullJitter({ baseMs: limits.pollMs.base, capMs: limits.pollMs.cap }, look, deps.random)),
    )
  }
}

/** Good, and not yet to be refreshed. */
const isFresh = (connection: Connection, now: EpochMs): boolean =>
  isValid(connection, now) && (connection.refreshAt === undefined || now < connection.refreshAt)

/** Good for long enough to be used. */
const isValid = ({ expiresAt }: Connection, now: EpochMs): boolean =>
  expiresAt === undefined || elapsed(now, expiresAt) > limits.marginMs

const given = ({ connection, tokens }: Kept): AccessOutcome => ({
  kind: 'token',
  token: {
    accessToken: new Secret(tokens.accessToken),
    tokenType: tokens.tokenType,
    ...(connection.expiresAt !== undefined && { expiresAt: connection.expiresAt }),
    extras: tokens.extras ?? {},
  },
})
