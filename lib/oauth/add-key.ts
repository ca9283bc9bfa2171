import { days, later, type Clock } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { KeyForm } from '../providers/auth.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { Connection, Credentials } from '../vault/connection.ts'
import type { Sealer } from '../vault/sealer.ts'
import type { Vault } from '../vault/vault.ts'
import { nextNotice } from './announce.ts'
import { fingerprintOf, formFor, unsendable } from './key-forms.ts'
import { contextOf } from './token-store.ts'

/** A key, or a user and a password, that a tenant has handed over. */
export interface HandedOver extends Credentials {
  readonly tenant: string
  readonly provider: string
  readonly account: string
}

export type Added =
  | { readonly kind: 'added'; readonly connection: Connection }
  /** The names are those of no form. */
  | { readonly kind: 'wrong_names' }
  /** These values can't be sent with a call. */
  | { readonly kind: 'unsendable'; readonly names: readonly string[] }
  /** An account that its user has connected stands in this place. */
  | { readonly kind: 'taken' }

export interface AddKeyDeps {
  readonly vault: Pick<Vault, 'connectKey'>
  readonly seal: Sealer
  readonly clock: Clock
  readonly random: Random
}

/**
 * Makes a connection of what was handed over, or replaces what an earlier one held. It is sealed at once and can't be opened
 * here: nothing of it is read back but its fingerprint.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the table or the wrapping key does not answer.
 */
export async function addKey(
  { tenant, provider, account, values, extras }: HandedOver,
  forms: readonly KeyForm[],
  deps: AddKeyDeps,
): Promise<Added> {
  const form = formFor(forms, values)
  if (!form) return { kind: 'wrong_names' }
  const names = unsendable(form, values)
  if (names.length > 0) return { kind: 'unsendable', names }
  const now = deps.clock.now()
  const id = connectionId(tenant, provider, account)
  const credentials: Credentials = { values, ...(extras && { extras }) }
  const context = contextOf({ id, tenant, provider }, 'credentials')
  const tokens = await deps.seal(context, Buffer.from(JSON.stringify(credentials)))
  // It may have been made before it came here, never later.
  const hardExpiresAt = form.hardExpiryDays === undefined ? undefined : later(now, days(form.hardExpiryDays))
  const fingerprint = fingerprintOf(form, values)
  const connection = await deps.vault.connectKey(
    {
      id,
      tenant,
      provider,
      account,
      tokens,
      state: 'active',
      scopes: [],
      connectedAt: now,
      obtainedAt: now,
      ...(fingerprint !== undefined && { fingerprint }),
      ...(hardExpiresAt !== undefined && { hardExpiresAt, refreshAt: nextNotice(now, hardExpiresAt) }),
    },
    token128(deps.random),
  )
  return connection === 'taken' ? { kind: 'taken' } : { kind: 'added', connection }
}
