/**
 * Decimal fractions as whole numbers of a smallest unit: cents, wei. No number here is ever a floating point one.
 * A decimal is text: `-?digits[.digits]`, no exponent, no separators.
 */
const decimal = /^(-?)(\d{1,78})(?:\.(\d{1,78}))?$/

const isScale = (digits: number): boolean => Number.isInteger(digits) && digits >= 0 && digits <= 78

/**
 * How many of the smallest unit a decimal is: `unitsOf('10.50', 2)` is `1050n`. Zeros behind the last digit are allowed.
 * @throws {RangeError} when the text is no decimal, or has a part of a unit.
 */
export function unitsOf(text: string, digits: number): bigint {
  const [, sign, whole = '', fraction = ''] = decimal.exec(text) ?? []
  if (sign === undefined || !isScale(digits))
    throw new RangeError('a decimal must be digits with at most one point, at a scale from 0 to 78')
  if (/[1-9]/.test(fraction.slice(digits)))
    throw new RangeError(`a decimal has more than ${digits} digits behind its point`)
  const units = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return sign === '-' ? -units : units
}

/** The decimal that so many units are, with all its digits: `decimalOf(1050n, 2)` is `10.50`. */
export function decimalOf(units: bigint, digits: number): string {
  if (!isScale(digits)) throw new RangeError('a scale must be a whole number from 0 to 78')
  const sign = units < 0n ? '-' : ''
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0')
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/**
 * A JSON number as the decimal that was written: exact up to 15 significant digits, which every double keeps.
 * `undefined` for one that is longer, or so large or small that it is written with an exponent.
 */
export function writtenDecimal(value: number): string | undefined {
  const text = String(value)
  return decimal.test(text) && text.replace(/^-?0*\.?0*|\./g, '').length <= 15 ? text : undefined
}
