import { createSecretKey } from 'node:crypto'
import { vault as limits } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { guardedKeys as guarded } from './guarded-keys.ts'
import type { KeyWrap } from './key-wrap.ts'
import { ownKey } from './own-key.ts'
import type { DataKey } from './seal.ts'
import type { TenantKeys, WrappedKeyStore } from './wrapped-keys.ts'

/** The data keys of tenants, unwrapped. Each is kept for at most five minutes or a thousand uses. */
export interface DataKeys {
  /** The key that new values are sealed with; the tenant's first is made here. */
  current(tenant: string): Promise<DataKey>
  /** The key of an epoch. @throws SluiceError `SEAL_BROKEN` when it is gone: the tenant was shredded. */
  ofEpoch(tenant: string, epoch: number): Promise<DataKey>
  /**
   * The key that a value brought along, wrapped; it is not kept.
   * @throws SluiceError `SEAL_BROKEN` when the tenant was shredded, or it was wrapped for another.
   */
  own(tenant: string, wrapped: Uint8Array): Promise<DataKey>
  /** Whether {@link ofEpoch} would answer without asking anyone. */
  isWarm(tenant: string): boolean
  /** What another read brought along, so that no second one is needed. */
  offer(tenant: string, stored: TenantKeys): void
}

export interface DataKeysDeps {
  readonly wrap: KeyWrap
  readonly store: WrappedKeyStore
  readonly clock: Clock
}

interface Kept {
  readonly stored: TenantKeys
  readonly at: EpochMs
  readonly keys: Map<number, Promise<DataKey>>
  uses: number
}

/** @throws SluiceError `VAULT_UNAVAILABLE` from every method when the store or the wrapping key does not answer. */
export function dataKeys({ wrap, store, clock }: DataKeysDeps): DataKeys {
  const memory = keptKeys(clock)
  const reading = new Map<string, Promise<Kept>>()
  const readAnew = (tenant: string): Promise<Kept> => {
    const running =
      reading.get(tenant) ??
      guarded(() => store.read(tenant))
        .then((stored) => memory.keep(tenant, stored))
        .finally(() => reading.delete(tenant))
    reading.set(tenant, running)
    return running
  }
  const keptOf = async (tenant: string): Promise<Kept> => memory.fresh(tenant) ?? readAnew(tenant)
  const add = async (tenant: string, { stored }: Kept): Promise<Kept> => {
    const made = await guarded(() => wrap.generate(tenant))
    const stands = await guarded(() => store.add(tenant, 1, made.wrapped))
    return memory.keep(tenant, { ...stored, wrapped: new Map([[1, stands]]) })
  }
  return {
    isWarm: (tenant) => memory.fresh(tenant) !== undefined,
    offer: (tenant, stored) => void (memory.fresh(tenant) ?? memory.keep(tenant, stored)),
    async current(tenant) {
      let kept = await keptOf(tenant)
      // Nobody may make a first key because of what an old read did not show.
      if (kept.stored.wrapped.size === 0) kept = await readAnew(tenant)
      if (kept.stored.wrapped.size === 0) kept = await add(tenant, kept)
      return unwrapped(tenant, kept, Math.max(...kept.stored.wrapped.keys()), wrap)
    },
    async ofEpoch(tenant, epoch) {
      let kept = await keptOf(tenant)
      if (!kept.stored.wrapped.has(epoch)) kept = await readAnew(tenant)
      return unwrapped(tenant, kept, epoch, wrap)
    },
    async own(tenant, wrapped) {
      let kept = await keptOf(tenant)
      if (!kept.stored.share) kept = await readAnew(tenant)
      const { share } = kept.stored
      if (!share) throw gone()
      kept.uses += 1
      return ownKey(await guarded(() => wrap.unwrap(tenant, wrapped)), share)
    },
  }
}

/** What is kept of tenants' keys, as long as it may be used. */
function keptKeys(clock: Clock) {
  const tenants = new Map<string, Kept>()
  return {
    fresh(tenant: string): Kept | undefined {
      const kept = tenants.get(tenant)
      const isFresh =
        kept && elapsed(kept.at, clock.now()) < limits.keyLifetimeMs && kept.uses < limits.keyUses
      return isFresh ? kept : undefined
    },
    keep(tenant: string, stored: TenantKeys): Kept {
      const kept: Kept = { stored, at: clock.now(), keys: new Map(), uses: 0 }
      tenants.delete(tenant)
      tenants.set(tenant, kept)
      const [oldest] = tenants.keys()
      if (tenants.size > limits.keyTenants && oldest !== undefined) tenants.delete(oldest)
      return kept
    },
  }
}

function unwrapped(tenant: string, kept: Kept, epoch: number, wrap: KeyWrap): Promise<DataKey> {
  const wrapped = kept.stored.wrapped.get(epoch)
  if (!wrapped) throw gone()
  const known =
    kept.keys.get(epoch) ??
    guarded(() => wrap.unwrap(tenant, wrapped)).then((plain) => ({ epoch, key: createSecretKey(plain) }))
  kept.keys.set(epoch, known)
  kept.uses += 1
  // One that failed is asked for again.
  known.catch(() => kept.keys.delete(epoch))
  return known
}

const gone = (): SluiceError => new SluiceError('SEAL_BROKEN', 'the key of a sealed value is gone')
