import { hours, epochMs, isPast, later, type Clock, type Millis } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import { seal, unseal } from './sealed.ts'

/** How long one sign-in lasts. A new admin token ends every session at once. */
export const sessionLifetime: Millis = hours(12)

const grammar = /^[A-Za-z0-9_-]{22}\.(\d{13})$/

/** The value of the console's session cookie: nothing is stored for it, it proves itself. */
export const openSession = (adminToken: Secret, clock: Clock, random: Random): string =>
  seal(adminToken, 'session', `${token128(random)}.${later(clock.now(), sessionLifetime)}`)

/** Whether `value` is a session that we opened and that has not ended. */
export function isSession(adminToken: Secret, value: string, clock: Clock): boolean {
  const [, expiry] = grammar.exec(unseal(adminToken, 'session', value) ?? '') ?? []
  return expiry !== undefined && !isPast(epochMs(Number(expiry)), clock.now())
}
