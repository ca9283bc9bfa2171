import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { isSession, openSession, sessionLifetime } from '#lib/admin/session.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'

/** Plain HTTP is for this machine: there a browser takes no cookie that is only for HTTPS. */
const isSecure = ({ publicUrl }: AdminDeps): boolean => !publicUrl?.startsWith('http:')

/** `__Host-` binds the cookie to this host and to HTTPS. */
const nameOf = (deps: AdminDeps): string => (isSecure(deps) ? '__Host-sluice' : 'sluice')

const attributes = (deps: AdminDeps) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(deps) }) as const

export function signIn(c: Context<AdminEnv>, token: Secret, deps: AdminDeps): void {
  const value = openSession(token, deps.clock, deps.random)
  setCookie(c, nameOf(deps), value, { ...attributes(deps), maxAge: sessionLifetime / 1_000 })
}

export function signOut(c: Context<AdminEnv>, deps: AdminDeps): void {
  deleteCookie(c, nameOf(deps), attributes(deps))
}

export const isSignedIn = (c: Context<AdminEnv>, token: Secret, deps: AdminDeps): boolean =>
  isSession(token, getCookie(c, nameOf(deps)) ?? '', deps.clock)

/**
 * Whether a request that changes something comes from a page of this console: browsers name the origin of every POST,
 * and nothing on another page can change what they say.
 */
export function isOwnOrigin(c: Context<AdminEnv>, { publicUrl }: AdminDeps): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  const origin = hostOf(c.req.header('origin'))
  const own = [publicUrl, c.req.header('host') && `https://${c.req.header('host')}`, c.req.url].map(hostOf)
  return origin !== undefined && own.includes(origin)
}

const hostOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : URL.parse(url)?.host
