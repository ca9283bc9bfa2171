import { epochMs, hours, isPast, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import { seal, unseal } from './sealed.ts'

/** How long a link may wait for its one use. */
export const loginLinkLifetime = hours(1)

/** A link's token, as it stands in `/console/login?link=…`. */
export interface LoginLink {
  /** 128 random bits that name this link in the list of used ones. */
  readonly id: string
  readonly expiresAt: EpochMs
}

const grammar = /^([A-Za-z0-9_-]{22})\.(\d{13})$/

/** A token that signs one person in to the console, once, within an hour. Only who knows the admin token can make one. */
export function mintLoginLink(adminToken: Secret, clock: Clock, random: Random): string {
  const expiresAt = later(clock.now(), loginLinkLifetime)
  return seal(adminToken, 'login-link', `${token128(random)}.${expiresAt}`)
}

/** What the token says, `undefined` when it is not one of ours; whether it has been used is not in it. */
export function readLoginLink(
  adminToken: Secret,
  token: string,
  clock: Clock,
): (LoginLink & { readonly expired: boolean }) | undefined {
  const [, id, expiry] = grammar.exec(unseal(adminToken, 'login-link', token) ?? '') ?? []
  if (id === undefined) return undefined
  const expiresAt = epochMs(Number(expiry))
  return { id, expiresAt, expired: isPast(expiresAt, clock.now()) }
}
