import { createSecretKey } from 'node:crypto'
import { vault as limits } from '../config/defaults.ts'
import { describeError, SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { KeyWrap } from './key-wrap.ts'
import type { DataKey } from './seal.ts'
import type { WrappedKeys, WrappedKeyStore } from './wrapped-keys.ts'

/** The data keys of tenants, unwrapped. Each is kept for at most five minutes or a thousand uses. */
export interface DataKeys {
  /** The key that new values are sealed with; the tenant's first is made here. */
  current(tenant: string): Promise<DataKey>
  /** The key of an epoch. @throws SluiceError `SEAL_BROKEN` when it is gone: the tenant was shredded. */
  ofEpoch(tenant: string, epoch: number): Promise<DataKey>
  /** Whether {@link ofEpoch} would answer without asking anyone. */
  isWarm(tenant: string): boolean
  /** What another read brought along, so that no second one is needed. */
  offer(tenant: string, wrapped: WrappedKeys): void
  /** A new epoch for what is sealed from now on; what is sealed stays as it is. */
  advance(tenant: string): Promise<number>
  /** Wraps every key of the tenant again, by the key that the service now wraps with. */
  rewrap(tenant: string): Promise<void>
  /** Deletes every key of the tenant, here and in the store. */
  shred(tenant: string): Promise<void>
}

export interface DataKeysDeps {
  readonly wrap: KeyWrap
  readonly store: WrappedKeyStore
  readonly clock: Clock
}

interface Kept {
  readonly wrapped: WrappedKeys
  readonly at: EpochMs
  readonly keys: Map<number, Promise<DataKey>>
  uses: number
}

/** @throws SluiceError `VAULT_UNAVAILABLE` from every method when the store or the wrapping key does not answer. */
export function dataKeys({ wrap, store, clock }: DataKeysDeps): DataKeys {
  const tenants = new Map<string, Kept>()
  const reading = new Map<string, Promise<Kept>>()

  const isFresh = (kept: Kept | undefined): kept is Kept =>
    kept !== undefined && elapsed(kept.at, clock.now()) < limits.keyLifetimeMs && kept.uses < limits.keyUses
  const keep = (tenant: string, wrapped: WrappedKeys): Kept => {
    const kept: Kept = { wrapped, at: clock.now(), keys: new Map(), uses: 0 }
    tenants.set(tenant, kept)
    const [oldest] = tenants.keys()
    if (tenants.size > limits.keyTenants && oldest !== undefined) tenants.delete(oldest)
    return kept
  }
  const fetch = (tenant: string): Promise<Kept> => {
    const running =
      reading.get(tenant) ??
      guarded(() => store.read(tenant))
        .then((wrapped) => keep(tenant, wrapped))
        .finally(() => reading.delete(tenant))
    reading.set(tenant, running)
    return running
  }
  const keptOf = async (tenant: string): Promise<Kept> => {
    const kept = tenants.get(tenant)
    return isFresh(kept) ? kept : fetch(tenant)
  }
  const unwrapped = (tenant: string, kept: Kept, epoch: number, wrapped: Uint8Array): Promise<DataKey> => {
    const known =
      kept.keys.get(epoch) ??
      guarded(() => wrap.unwrap(tenant, wrapped)).then((plain) => ({ epoch, key: createSecretKey(plain) }))
    kept.keys.set(epoch, known)
    kept.uses += 1
    // One that failed is asked for again.
    known.catch(() => kept.keys.delete(epoch))
    return known
  }
  const add = async (tenant: string, epoch: number): Promise<Kept> => {
    const made = await guarded(() => wrap.generate(tenant))
    const stands = await guarded(() => store.add(tenant, epoch, made.wrapped))
    const before = tenants.get(tenant)?.wrapped ?? new Map<number, Uint8Array>()
    return keep(tenant, new Map([...before, [epoch, stands]]))
  }
  return {
    isWarm: (tenant) => isFresh(tenants.get(tenant)),
    offer: (tenant, wrapped) => void (isFresh(tenants.get(tenant)) || keep(tenant, wrapped)),
    async current(tenant) {
      let kept = await keptOf(tenant)
      // Nobody may make a first key because of what an old read did not show.
      if (kept.wrapped.size === 0) kept = await fetch(tenant)
      if (kept.wrapped.size === 0) kept = await add(tenant, 1)
      const epoch = Math.max(...kept.wrapped.keys())
      return unwrapped(tenant, kept, epoch, kept.wrapped.get(epoch) ?? new Uint8Array())
    },
    async ofEpoch(tenant, epoch) {
      let kept = await keptOf(tenant)
      if (!kept.wrapped.has(epoch)) kept = await fetch(tenant)
      const wrapped = kept.wrapped.get(epoch)
      if (!wrapped) throw new SluiceError('SEAL_BROKEN', 'the key of a sealed value is gone')
      return unwrapped(tenant, kept, epoch, wrapped)
    },
    async advance(tenant) {
      const { wrapped } = await fetch(tenant)
      const epoch = Math.max(0, ...wrapped.keys()) + 1
      await add(tenant, epoch)
      return epoch
    },
    async rewrap(tenant) {
      const { wrapped } = await fetch(tenant)
      for (const [epoch, before] of wrapped) {
        const after = await guarded(() => wrap.rewrap(tenant, before))
        await guarded(() => store.replace(tenant, epoch, { before, after }))
      }
      tenants.delete(tenant)
    },
    async shred(tenant) {
      await guarded(() => store.shred(tenant))
      tenants.delete(tenant)
    },
  }
}

async function guarded<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof SluiceError) throw error
    throw new SluiceError('VAULT_UNAVAILABLE', `the vault's keys: ${describeError(error)}`, { cause: error })
  }
}
