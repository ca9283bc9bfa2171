import { SluiceError } from '../errors/sluice-error.ts'

/** The only file that reads `process.env`. Values are read when asked for, so a test or the local stack can set them first. */

/** @throws SluiceError `MISCONFIGURED` when the variable is unset or empty. */
export function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new SluiceError('MISCONFIGURED', `set the environment variable ${name}`)
  return value
}

/** `undefined` when the variable is unset or empty. */
export const optional = (name: string): string | undefined => process.env[name] || undefined

/** @throws SluiceError `MISCONFIGURED` when the variable is set to something that is not a whole number. */
export function optionalInteger(name: string, fallback: number): number {
  const text = optional(name)
  if (text === undefined) return fallback
  if (!/^\d{1,9}$/.test(text))
    throw new SluiceError('MISCONFIGURED', `${name} must be a whole number, it is not`)
  return Number(text)
}
