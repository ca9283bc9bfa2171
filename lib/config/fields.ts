import * as z from 'zod/mini'

/** The name of an endpoint or a tenant. */
export const id = z.string().check(
  z.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'must be 1 to 63 of a-z, 0-9, "-" and "_", starting with a letter or digit',
  }),
)

/** Text that is not empty. */
export const text = () => z.string().check(z.minLength(1, { error: 'must not be empty' }))

/** A whole number, both ends included. */
export function whole(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z.int({ error }).check(z.gte(least, { error }), z.lte(most, { error }))
}
