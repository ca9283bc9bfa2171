import type { Context, MiddlewareHandler } from 'hono'
import { admin } from '#lib/admin/limits.ts'
import { problem } from '../common/problem.ts'
import { audited, type Deed } from './audited.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'

/** Signing in by a link, which says that whoever has it was let in, and not who that is. */
export const signInDeed: Deed = { operation: 'signIn', via: 'console', target: {}, actor: 'login-link' }

const minuteMs = 60_000
/** Of those that were told to wait; the least lately seen are forgotten first. */
const keepRefused = 1_000

/**
 * Refuses more than {@link admin.signInsPerMinute} tries to sign in a minute, over all instances, and leaves a row of the
 * first one refused. An instance that has refused somebody does not ask the table again in that minute.
 */
export function limitedSignIns(
  who: (c: Context<AdminEnv>) => string,
  deed: Deed,
  deps: AdminDeps,
  answer: typeof tooMany = tooMany,
): MiddlewareHandler<AdminEnv> {
  const refused = new Map<string, number>()
  return async (c, next): Promise<Response | void> => {
    const name = who(c)
    const now = deps.clock.now()
    const minute = Math.floor(now / minuteMs)
    const waitSeconds = Math.ceil(((minute + 1) * minuteMs - now) / 1_000)
    const refuse = async (): Promise<Response> => answer(c, deps, waitSeconds)
    if (refused.get(name) === minute) return refuse()
    const tries = await deps.signIns.count(name, minute)
    if (tries <= admin.signInsPerMinute) return next()
    refused.delete(name)
    refused.set(name, minute)
    for (const oldest of refused.keys()) if (refused.size > keepRefused) refused.delete(oldest)
    if (tries > admin.signInsPerMinute + 1) return refuse()
    return (await audited({ ...deed, target: { who: name } }, refuse, c, deps)) ?? refuse()
  }
}

const tooMany = (c: Context<AdminEnv>, _: AdminDeps, waitSeconds: number): Response | Promise<Response> =>
  problem(
    {
      code: 'too_many_requests',
      detail: 'There were too many tries to sign in. Try again later.',
      headers: { 'retry-after': String(waitSeconds) },
    },
    c,
  )

/**
 * The address of whoever is at the other end of the gateway, which writes it last; of IPv6 the network, of which one
 * customer has all addresses.
 */
export function sourceOf(c: Context<AdminEnv>): string {
  const last = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  if (!/^[0-9A-Fa-f.:]{2,45}$/.test(last)) return 'unknown'
  return last.includes(':') ? networkOf(last.toLowerCase()) : last
}

/** The first four groups, as they are when written out. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::', 2)
  const before = head.split(':').filter(Boolean)
  const after = tail?.split(':').filter(Boolean) ?? []
  const left = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(left).fill('0'), ...after]
  return `${groups.slice(0, 4).join(':')}::`
}
