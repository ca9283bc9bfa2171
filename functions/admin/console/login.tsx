import type { Context } from 'hono'
import { adminTokenCaller } from '#lib/access/caller.ts'
import { readLoginLink, type LoginLink } from '#lib/admin/login-link.ts'
import { newSession } from '#lib/admin/session.ts'
import { token128 } from '#lib/primitives/random.ts'
import { audited } from '../audited.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { addressOf } from '../requests.ts'
import { signInDeed } from '../sign-in-limit.ts'
import { lookingAhead } from './looking-ahead.ts'
import { BadLinkPage } from './notice-page.tsx'
import { page } from './page.tsx'
import { signIn } from './session.ts'

const titles = { used: 'Used link', expired: 'Expired link', invalid: 'Not a link' } as const

/** Takes a login link once and opens a session. Only a person's visit uses it up, not a browser that looks ahead. */
export async function login(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  if (lookingAhead(c)) return c.body(null, 204)
  const token = c.get('token')
  const link = readLoginLink(token, c.req.query('link') ?? '', deps.clock)
  if (!link) return refuse('invalid', c, deps)
  if (link.expired) return refuse('expired', c, deps)
  return (await audited(signInDeed, () => enter(link, c, deps), c, deps)) ?? c.res
}

async function enter(link: LoginLink, c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const use = await deps.usedLinks.use(link, token128(deps.random), c.get('signal'))
  if (use === 'used') return refuse('used', c, deps)
  signIn(c, newSession(adminTokenCaller, undefined, deps), deps)
  deps.log('info', 'someone signed in to the console', {})
  return c.redirect('/console', 303)
}

const refuse = async (
  kind: keyof typeof titles,
  c: Context<AdminEnv>,
  deps: AdminDeps,
): Promise<Response> => {
  const { stage } = deps
  deps.log('warn', 'a sign-in to the console was refused', { reason: `${kind}_link` })
  const text = page({
    title: titles[kind],
    stage,
    signedIn: false,
    children: <BadLinkPage kind={kind} address={addressOf(c, deps)} />,
  })
  return c.html(text, kind === 'invalid' ? 400 : 410)
}
