import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { isFormToken, readSession, sealSession, type Session } from '#lib/admin/session.ts'
import { elapsed } from '#lib/primitives/clock.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'

/** Plain HTTP is for this machine: there a browser takes no cookie that is only for HTTPS. */
export const isSecure = ({ publicUrl }: AdminDeps): boolean => !publicUrl?.startsWith('http:')

/** `__Host-` binds the cookie to this host and to HTTPS. */
const nameOf = (deps: AdminDeps): string => (isSecure(deps) ? '__Host-sluice' : 'sluice')

const attributes = (deps: AdminDeps) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(deps) }) as const

/** Whether the browser was given it: no cookie holds very many tenants. */
export function signIn(c: Context<AdminEnv>, session: Session, deps: AdminDeps): boolean {
  const value = sealSession(c.get('token'), session)
  if (value === undefined) return false
  const maxAge = elapsed(deps.clock.now(), session.expiresAt) / 1_000
  setCookie(c, nameOf(deps), value, { ...attributes(deps), maxAge })
  return true
}

export function signOut(c: Context<AdminEnv>, deps: AdminDeps): void {
  deleteCookie(c, nameOf(deps), attributes(deps))
}

export const sessionOf = (c: Context<AdminEnv>, deps: AdminDeps): Session | undefined =>
  readSession(c.get('token'), getCookie(c, nameOf(deps)) ?? '', deps.clock)

/**
 * Whether a request that changes something comes from a page of this console: browsers name the origin of every POST, and
 * nothing on another page can change what they say; and from a form that this very session was given.
 */
export async function isOwnForm(c: Context<AdminEnv>, deps: AdminDeps): Promise<boolean> {
  if (!isOwnOrigin(c, deps)) return false
  const form = new URLSearchParams(await c.req.text())
  return isFormToken(c.get('token'), c.get('session'), form.get('csrf') ?? '')
}

function isOwnOrigin(c: Context<AdminEnv>, { publicUrl }: AdminDeps): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  const origin = hostOf(c.req.header('origin'))
  const own = [publicUrl, c.req.header('host') && `https://${c.req.header('host')}`, c.req.url].map(hostOf)
  return origin !== undefined && own.includes(origin)
}

const hostOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : URL.parse(url)?.host
