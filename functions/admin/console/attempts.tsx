import type { Context } from 'hono'
import { minutes, type Clock } from '#lib/primitives/clock.ts'
import { tokenBucket } from '#lib/primitives/token-bucket.ts'
import type { LocalLimiter } from '#lib/primitives/waiting-line.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { NoticePage } from './notice-page.tsx'
import { page } from './page.tsx'

/** How many tries to sign in one running function answers: what is beyond is neither looked at nor logged. */
export type Attempts = Pick<LocalLimiter, 'tryTake'>

/** Twenty at once and one a second; links that are good do not count. */
export const attemptsOf = (clock: Clock): Attempts =>
  tokenBucket({ limit: 60, windowMs: minutes(1), burst: 20 }, { clock })

/** Whether a browser only looks ahead, or asks for no page: what works once is not used up by that. */
export const lookingAhead = (c: Context<AdminEnv>): boolean =>
  c.req.method !== 'GET' ||
  /prefetch|prerender/i.test(c.req.header('sec-purpose') ?? c.req.header('purpose') ?? '')

export function tooMany(c: Context<AdminEnv>, { stage }: AdminDeps): Response | Promise<Response> {
  c.header('retry-after', '5')
  const title = 'Too many tries'
  const children = (
    <NoticePage title={title}>
      <p>Wait a few seconds and try again.</p>
    </NoticePage>
  )
  return c.html(page({ title, stage, signedIn: false, children }), 429)
}
