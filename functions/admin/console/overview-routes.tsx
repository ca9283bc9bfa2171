import type { Hono } from 'hono'
import { readOverview } from '#lib/admin/read-overview.ts'
import { days, hours, type Millis } from '#lib/primitives/clock.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { measuring } from './measured.ts'
import { OverviewPage } from './overview-page.tsx'
import { page } from './page.tsx'

const windows = new Map<string, Millis>([
  ['1h', hours(1)],
  ['24h', hours(24)],
  ['7d', days(7)],
])

export function overviewRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  const measure = measuring(deps)
  app.get('/', async (c) => {
    const given = c.req.query('within') ?? ''
    const within = windows.has(given) ? given : '24h'
    const span = windows.get(within) ?? hours(24)
    const signal = c.get('signal')
    const measured = measure(span, c.get('caller').tenants, signal)
    const overview = await readOverview(span, measured, signal, admitted(deps, c))
    const children = <OverviewPage overview={overview} within={within} now={deps.clock.now()} />
    return c.html(page({ title: 'Overview', stage: deps.stage, section: 'overview', live: 'slow', children }))
  })
}
