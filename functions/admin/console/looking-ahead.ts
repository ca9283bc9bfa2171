import type { Context } from 'hono'
import type { AdminEnv } from '../deps.ts'

/** Whether a browser only looks ahead, or asks for no page: what works once is not used up by that. */
export const lookingAhead = (c: Context<AdminEnv>): boolean =>
  c.req.method !== 'GET' ||
  /prefetch|prerender/i.test(c.req.header('sec-purpose') ?? c.req.header('purpose') ?? '')
