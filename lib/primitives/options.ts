/**
 * Checks of what a programmer passes in. They throw at once and name the option: `TypeError` for what is no number,
 * `RangeError` for a number outside its bounds. Faults of a peer are never of these types.
 */
function number(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${typeof value}`)
  return value
}

/** A finite number above zero. */
export function positive(name: string, value: number): number {
  if (number(name, value) > 0 && value < Infinity) return value
  throw new RangeError(`${name} must be above 0 and finite, got ${value}`)
}

/** A finite number, zero or above. */
export function notNegative(name: string, value: number): number {
  if (number(name, value) >= 0 && value < Infinity) return value
  throw new RangeError(`${name} must be 0 or above and finite, got ${value}`)
}

/** A whole number within bounds, both included. */
export function whole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(number(name, value)) && value >= least && value <= most) return value
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, got ${value}`)
}

/** The longest delay that a Node timer honours, milliseconds: one more, and it fires after 1 ms. */
export const longestDelayMs = 2_147_483_647

/** A length of time that a timer can keep, milliseconds. */
export function timerMs(name: string, value: number): number {
  if (positive(name, value) <= longestDelayMs) return value
  throw new RangeError(`${name} must be at most ${longestDelayMs} ms, got ${value}`)
}
