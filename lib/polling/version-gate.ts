import { timeOf } from './times.ts'

/**
 * Whether version `a` of a thing is newer than `b`, both as the provider writes them; `undefined` where the texts do not say (two
 * different ETags): then only the provider knows, and the thing is to be read anew.
 *
 * A poll may bring a thing as it was before a webhook that came meanwhile. A handler that keeps the newest state keeps the
 * version beside it, and passes over what is not newer.
 */
export function isNewer(a: string, b: string): boolean | undefined {
  if (a === b) return false
  const order = byNumber(a, b) ?? byTime(a, b)
  return order === undefined ? undefined : order > 0
}

const numberGrammar = /^(\d{1,64})(?:\.(\d{1,64}))?$/

/** Counts and times in seconds, to the last digit: `12`, `1700000000.000200`. */
function byNumber(a: string, b: string): number | undefined {
  const left = numberGrammar.exec(a)
  const right = numberGrammar.exec(b)
  if (!left || !right) return undefined
  const digits = Math.max(left[2]?.length ?? 0, right[2]?.length ?? 0)
  const whole = ([, number = '', fraction = '']: RegExpExecArray) =>
    BigInt(number + fraction.padEnd(digits, '0'))
  return sign(whole(left), whole(right))
}

const fractionOf = (text: string): string => /[.,](\d+)/.exec(text)?.[1] ?? ''

/** ISO 8601, whatever their zones; finer than a millisecond by the digits. Without a zone only another one without is comparable. */
function byTime(a: string, b: string): number | undefined {
  const left = timeOf(a, 'iso')
  const right = timeOf(b, 'iso')
  if (left === undefined || right === undefined || hasZone(a) !== hasZone(b)) return undefined
  if (left !== right) return sign(left, right)
  return sign(BigInt(`1${fractionOf(a).padEnd(30, '0')}`), BigInt(`1${fractionOf(b).padEnd(30, '0')}`))
}

const hasZone = (text: string): boolean => /(?:Z|[+-]\d\d:?(?:\d\d)?)$/i.test(text.slice(10))

const sign = <T extends number | bigint>(a: T, b: T): number => (a > b ? 1 : a < b ? -1 : 0)
