import type { Caller } from '../access/caller.ts'
import { epochMs, hours, isPast, later, type Clock, type EpochMs, type Millis } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import { seal, unseal } from './sealed.ts'

/** How long a sign-in by a link lasts. A new admin token ends every session at once. */
export const sessionLifetime: Millis = hours(12)
/** How long a sign-in by the issuer lasts: what it takes from a person counts from the next sign-in on. */
export const personLifetime: Millis = hours(8)

/** Who has signed in to the console, and what they may do there. */
export interface Session {
  /** 128 random bits: forms are bound to it. */
  readonly id: string
  readonly expiresAt: EpochMs
  readonly caller: Caller
  /** The issuer's name for the person; `undefined` for whoever had a login link. */
  readonly subject?: string | undefined
}

/** Browsers keep no cookie of more than 4,096 bytes, its name included. */
const maxBytes = 3_900

/** A session for `caller`: for twelve hours, or eight for a person that the issuer knows. */
export const newSession = (
  caller: Caller,
  subject: string | undefined,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Session => ({
  id: token128(random),
  expiresAt: later(clock.now(), subject === undefined ? sessionLifetime : personLifetime),
  caller,
  subject,
})

/** The value of the console's session cookie: nothing is stored for it, it proves itself. `undefined` where no cookie holds it. */
export function sealSession(adminToken: Secret, session: Session): string | undefined {
  const value = seal(adminToken, 'session', JSON.stringify({ v: 2, ...session }))
  return value.length <= maxBytes ? value : undefined
}

/** The session that we sealed, where it has not ended. */
export function readSession(adminToken: Secret, value: string, clock: Clock): Session | undefined {
  const text = unseal(adminToken, 'session', value)
  const session = text?.startsWith('{"v":2,') ? (JSON.parse(text) as Session) : undefined
  return session && !isPast(epochMs(session.expiresAt), clock.now()) ? session : undefined
}

/** What every form of this session carries: nobody without the admin token can make it. */
export const formToken = (adminToken: Secret, { id }: Session): string =>
  seal(adminToken, 'form', 'console', id)

export const isFormToken = (adminToken: Secret, { id }: Session, given: string): boolean =>
  unseal(adminToken, 'form', given, id) === 'console'
