import { SluiceError } from '../errors/sluice-error.ts'
import { seconds, type Millis } from '../primitives/clock.ts'
import { polling } from './defaults.ts'
import { env } from './names.ts'

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

/**
 * How long after a poll a webhook may still bring what that found; whoever judges and whoever takes webhooks must agree on it.
 * @throws SluiceError `MISCONFIGURED` when the variable is set to something that is not a whole number.
 */
export const missedGrace = (): Millis =>
  seconds(optionalInteger(env.missedGraceSeconds, polling.graceMs / 1_000))
