import type { Random } from '../primitives/random.ts'
import { guardedKeys } from './guarded-keys.ts'
import type { KeyMaker } from './key-wrap.ts'
import { ownKey, withOwnKey } from './own-key.ts'
import { seal, type SealContext } from './seal.ts'
import type { TenantShare } from './wrapped-keys.ts'

/**
 * Seals a value and can open none: each gets a new data key, which goes along wrapped. For whoever may take credentials from
 * outside and must never give one out.
 * @throws SluiceError `VAULT_UNAVAILABLE` when the table or the wrapping key does not answer.
 */
export type Sealer = (context: SealContext, plaintext: Uint8Array) => Promise<Uint8Array>

export interface SealerDeps {
  readonly maker: KeyMaker
  readonly share: TenantShare
  readonly random: Random
}

export const sealer =
  ({ maker, share, random }: SealerDeps): Sealer =>
  async (context, plaintext) => {
    const { tenant } = context
    const { plain, wrapped } = await guardedKeys(() => maker.generate(tenant))
    // Asked for each time: after a shredding the one before opens nothing any more.
    const half = await guardedKeys(() => share(tenant, random.bytes(32)))
    return withOwnKey({ wrapped, sealed: seal(ownKey(plain, half), context, plaintext, random) })
  }
