import type { Hono } from 'hono'
import { operations } from '#lib/admin/operations.ts'
import { providerMetrics, windows } from '#lib/admin/provider-metrics.ts'
import type { Problem } from '#lib/http/problem.ts'
import { seconds } from '#lib/primitives/clock.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkQuery } from './requests.ts'

const ofAllTenants: Problem = {
  code: 'forbidden',
  detail: 'Metrics are of providers, over all tenants, and this token is for some of them.',
}
/** More points than this are neither drawn nor paid for. */
const mostSteps = 360
const tooFine: Problem = {
  code: 'malformed_request',
  detail: `A window has at most ${mostSteps} steps.`,
  errors: [{ pointer: '/step', detail: 'is too short for this window' }],
}

/** What was noted of providers, under `/api`. */
export function metricRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  const read = providerMetrics(deps)
  app.get('/metrics', async (c) => {
    const query = checkQuery(c, operations.getMetrics.query)
    if (!query.ok) return problem(query.problem, c)
    if (c.get('caller').tenants !== 'all') return problem(ofAllTenants, c)
    const { window = '1h', step, provider } = query.value
    const stepMs = step === undefined ? undefined : seconds(Number(step))
    if (stepMs !== undefined && windows[window].windowMs / stepMs > mostSteps) return problem(tooFine, c)
    const answer = await read(window, stepMs, c.get('signal'))
    const items = answer.items.filter((item) => provider === undefined || item.provider === provider)
    return c.json({ ...answer, items })
  })
}
