import { randomBytes } from 'node:crypto'

/** Chance as everything in Sluice sees it. Production reads {@link systemRandom}; a simulation seeds its own. */
export interface Random {
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1). */
  fraction(): number
}

/** Asking the system for each token would cost more than a whole claim; what was given out is never given out again. */
function pooled(poolBytes: number): (length: number) => Uint8Array {
  let pool = Buffer.alloc(0)
  return (length) => {
    if (length > poolBytes) return randomBytes(length)
    if (pool.byteLength < length) pool = randomBytes(poolBytes)
    const taken = pool.subarray(0, length)
    pool = pool.subarray(length)
    return taken
  }
}

export const systemRandom: Random = {
  bytes: pooled(4_096),
  fraction: () => Math.random(),
}

/** The same seed gives the same sequence on every machine (mulberry32). For simulations and fixtures, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    fraction: () => next() / 4_294_967_296,
  }
}

/** 128 random bits in base64url: owner tokens, request ids, object keys. */
export const token128 = (random: Random): string => Buffer.from(random.bytes(16)).toString('base64url')
