import type { Context, Hono } from 'hono'
import { readOverview } from '#lib/admin/read-overview.ts'
import { days, hours, type Millis } from '#lib/primitives/clock.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { OverviewPage } from './overview-page.tsx'
import { page } from './page.tsx'

const windows = new Map<string, Millis>([
  ['1h', hours(1)],
  ['24h', hours(24)],
  ['7d', days(7)],
])

export function overviewRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/', (c) => overview(c, deps))
}

async function overview(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const given = c.req.query('within') ?? ''
  const within = windows.has(given) ? given : '24h'
  const found = await readOverview(windows.get(within) ?? hours(24), {}, c.get('signal'), admitted(deps, c))
  const children = <OverviewPage overview={found} within={within} now={deps.clock.now()} />
  return c.html(page({ title: 'Overview', stage: deps.stage, section: 'overview', live: 'slow', children }))
}
