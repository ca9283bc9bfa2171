import type { DataKeys } from './data-keys.ts'
import { ownKeyed } from './own-key.ts'
import { epochOf, open, type SealContext } from './seal.ts'

/**
 * Opens a sealed value, under the key of its tenant or the one that it brought along.
 * @throws SluiceError `SEAL_BROKEN` when it does not open for this context, `VAULT_UNAVAILABLE` when its key can't be had.
 */
export async function openSealed(context: SealContext, value: Uint8Array, keys: DataKeys): Promise<Buffer> {
  const own = ownKeyed(value)
  if (own) return open(await keys.own(context.tenant, own.wrapped), context, own.sealed)
  return open(await keys.ofEpoch(context.tenant, epochOf(value)), context, value)
}
