import { randomBytes } from 'node:crypto'

/** Chance as everything in Sluice sees it. Production reads {@link systemRandom}; a simulation seeds its own. */
export interface Random {
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1). */
  fraction(): number
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
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
