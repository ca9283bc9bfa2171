import type { KeyRewrap, KeyWrap } from './key-wrap.ts'
import type { WrappedKeyStore } from './wrapped-keys.ts'

/** Wraps every key of a tenant again. What they sealed is not touched, so this takes a moment however much there is. */
export async function rewrapKeys(tenant: string, wrap: KeyRewrap, store: WrappedKeyStore): Promise<number> {
  const keys = await store.read(tenant)
  for (const [epoch, before] of keys) {
    const after = await wrap.rewrap(tenant, before)
    await store.replace(tenant, epoch, { before, after })
  }
  return keys.size
}

/** Starts a new epoch: what is sealed from now on, at the latest in five minutes, has a key of its own. */
export async function advanceEpoch(tenant: string, wrap: KeyWrap, store: WrappedKeyStore): Promise<number> {
  const epoch = Math.max(0, ...(await store.read(tenant)).keys()) + 1
  const { wrapped } = await wrap.generate(tenant)
  await store.add(tenant, epoch, wrapped)
  return epoch
}
