import { createHash } from 'node:crypto'

/** Invented values that are the same on every machine for the same seed. */
export interface Chance {
  /** A whole number, both bounds included. */
  integer(least: number, most: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
  /** Letters and digits, as most providers make their ids. */
  text(length: number): string
  hex(length: number): string
  uuid(): string
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * SHA-256 over the seed and a counter. A 32-bit generator would do for bodies, not for ids: two of a hundred thousand
 * events would share theirs.
 */
export function chance(seed: string): Chance {
  let block = Buffer.alloc(0)
  let blocks = 0
  const uint32 = (): number => {
    if (block.byteLength < 4) block = createHash('sha256').update(`${seed}#${blocks++}`).digest()
    const value = block.readUInt32BE(0)
    block = block.subarray(4)
    return value
  }
  const integer = (least: number, most: number): number => least + (uint32() % (most - least + 1))
  const from = (characters: string, length: number): string =>
    Array.from({ length }, () => characters[integer(0, characters.length - 1)]).join('')
  const hex = (length: number): string => from('0123456789abcdef', length)
  return {
    integer,
    pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
    text: (length) => from(alphabet, length),
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${from('89ab', 1)}${hex(3)}-${hex(12)}`,
  }
}
