import * as z from 'zod/mini'
import { writtenDecimal } from '../../primitives/decimal.ts'

/** A whole number of a smallest unit. */
export const units = z.pipe(
  z.int(),
  z.transform((count: number) => BigInt(count)),
)

/** A whole number as text, of any length. */
export const unitsText = z.pipe(
  z.string().check(z.regex(/^-?\d{1,78}$/)),
  z.transform((text: string) => BigInt(text)),
)

/** A whole number as JSON-RPC writes it: `0x1b4`. */
export const quantity = z.pipe(
  z.string().check(z.regex(/^0x[\da-f]{1,64}$/i)),
  z.transform((text: string) => BigInt(text)),
)

/** A decimal as text, left as it is: `unitsOf` counts it. */
export const decimal = z.string().check(z.regex(/^-?\d{1,30}(?:\.\d{1,30})?$/, 'must be a decimal as text'))

/** A decimal that is sent as a JSON number, as text; one that JSON numbers do not keep is refused. */
export const decimalNumber = z.pipe(
  z.number().check(z.refine((value) => writtenDecimal(value) !== undefined)),
  z.transform((value: number) => writtenDecimal(value) ?? ''),
)

/** A time as a provider writes it, kept as it was: with its zone, to the second or finer (RFC 3339). */
export const time = z.string().check(
  z.regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/,
    'must be a time with its zone: 2026-11-21T08:00:00Z',
  ),
  z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time that there is'),
)

export const day = z
  .string()
  .check(
    z.regex(/^\d{4}-\d\d-\d\d$/, 'must be a day: 2026-11-21'),
    z.refine(isDay, 'must be a day that there is'),
  )

/** The 31st of February is read as the 3rd of March. */
function isDay(text: string): boolean {
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

export const httpsUrl = z
  .string()
  .check(z.refine((text) => URL.parse(text)?.protocol === 'https:', 'must be an https address'))

/** E.164. @see https://www.itu.int/rec/T-REC-E.164 */
export const phoneNumber = z
  .string()
  .check(z.regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164: +15551234567'))

/** One @, no blanks, no line breaks: what a header can carry. Only delivery tells whether there is a mailbox. */
export const email = z
  .string()
  .check(z.maxLength(254), z.regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/, 'must be an e-mail address'))

/** A header's value: one line. */
export const line = z.string().check(z.regex(/^[^\r\n\0]*$/, 'must be one line'))
