import { oauth as limits } from '../config/defaults.ts'
import { elapsed, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import {
  credentialsSchema,
  tokensSchema,
  type Connection,
  type Credentials,
  type Tokens,
  type TokenTimes,
} from '../vault/connection.ts'
import type { DataKeys } from '../vault/data-keys.ts'
import { openSealed } from '../vault/open-sealed.ts'
import { seal, type SealContext } from '../vault/seal.ts'
import type { TokenFacts } from '../vault/vault.ts'
import type { Grant } from './token-answer.ts'

export interface TokenStoreDeps {
  readonly keys: DataKeys
  readonly clock: Clock
  readonly random: Random
}

type Owner = Pick<Connection, 'id' | 'tenant' | 'provider'>

/** What is inside, and its version: no sealed value opens as something else. */
const schemas = { tokens: tokensSchema, escrow: tokensSchema, credentials: credentialsSchema } as const
type Field = keyof typeof schemas

export const contextOf = ({ id, tenant, provider }: Owner, field: Field): SealContext => ({
  tenant,
  provider,
  connection: id,
  field,
  schema: schemas[field],
})

/** @throws SluiceError `SEAL_BROKEN` when they do not open for this connection, `VAULT_UNAVAILABLE` when its key can't be had. */
export async function openTokens(connection: Connection, { keys }: TokenStoreDeps): Promise<Tokens> {
  return (await openAs('tokens', connection, connection.tokens, keys)) as Tokens
}

/** As {@link openTokens}, of a connection of kind `key`. */
export async function openCredentials(
  connection: Connection,
  { keys }: Pick<TokenStoreDeps, 'keys'>,
): Promise<Credentials> {
  return (await openAs('credentials', connection, connection.tokens, keys)) as Credentials
}

async function openAs(field: Field, owner: Owner, sealed: Uint8Array, keys: DataKeys): Promise<unknown> {
  const text = (await openSealed(contextOf(owner, field), sealed, keys)).toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new SluiceError('SEAL_BROKEN', 'sealed tokens are no tokens')
  }
}

/** New tokens as the table keeps them. */
export async function sealGrant(
  owner: Owner,
  grant: Grant,
  kept: Pick<Connection, 'scopes'> & Pick<TokenTimes, 'refreshExpiresAt' | 'hardExpiresAt'>,
  deps: TokenStoreDeps,
): Promise<TokenFacts> {
  const key = await deps.keys.current(owner.tenant)
  const text = Buffer.from(JSON.stringify(grant.tokens))
  const now = deps.clock.now()
  const expiresAt =
    grant.lifetimeSeconds === undefined ? undefined : later(now, grant.lifetimeSeconds * 1_000)
  const refreshExpiresAt =
    grant.refreshLifetimeSeconds === undefined
      ? kept.refreshExpiresAt
      : later(now, grant.refreshLifetimeSeconds * 1_000)
  const hardExpiresAt = hardExpiry(kept.hardExpiresAt, grant, now)
  return {
    tokens: seal(key, contextOf(owner, 'tokens'), text, deps.random),
    obtainedAt: now,
    scopes: grant.scopes ?? kept.scopes,
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt }),
    ...(hardExpiresAt !== undefined && { hardExpiresAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(expiresAt !== undefined &&
      (grant.isRenewable || grant.tokens.refreshToken !== undefined) && {
        refreshAt: refreshTime(now, expiresAt, deps.random),
      }),
  }
}

const dayMs = 86_400_000

/** As the answer says; what differs by less than a day is the same end, counted from another second. */
function hardExpiry(
  known: EpochMs | undefined,
  { hardLifetimeSeconds }: Grant,
  now: EpochMs,
): EpochMs | undefined {
  if (hardLifetimeSeconds === undefined) return known
  const said = later(now, hardLifetimeSeconds * 1_000)
  return known !== undefined && Math.abs(elapsed(known, said)) < dayMs ? known : said
}

/** At 80% of the lifetime, and up to a tenth of it sooner, so that what was connected together is not refreshed together. */
const refreshTime = (obtainedAt: EpochMs, expiresAt: EpochMs, random: Random): EpochMs =>
  later(
    obtainedAt,
    Math.floor((expiresAt - obtainedAt) * (limits.refreshAt - random.fraction() * limits.refreshJitter)),
  )

/** Facts as the escrow keeps them: sealed once more, with the times that stand beside the tokens in the table. */
export async function sealEscrow(owner: Owner, facts: TokenFacts, deps: TokenStoreDeps): Promise<Uint8Array> {
  const key = await deps.keys.current(owner.tenant)
  const text = JSON.stringify({ ...facts, tokens: Buffer.from(facts.tokens).toString('base64') })
  return seal(key, contextOf(owner, 'escrow'), Buffer.from(text), deps.random)
}

export async function openEscrow(
  owner: Owner,
  sealed: Uint8Array,
  deps: TokenStoreDeps,
): Promise<TokenFacts> {
  const kept = (await openAs('escrow', owner, sealed, deps.keys)) as TokenFacts & { readonly tokens: unknown }
  return { ...kept, tokens: Buffer.from(String(kept.tokens), 'base64') }
}
