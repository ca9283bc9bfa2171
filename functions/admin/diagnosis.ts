import type { Hono } from 'hono'
import { diagnose } from '#lib/admin/diagnose.ts'
import { operations } from '#lib/admin/operations.ts'
import type { Problem } from '#lib/http/problem.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkQuery } from './requests.ts'

const ofAllTenants: Problem = {
  code: 'forbidden',
  detail: 'A diagnosis is of the whole deployment, over all tenants, and this token is for some of them.',
}

/** What the deployment knows of its own running, under `/api`. */
export function diagnosisRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/diagnosis', async (c) => {
    const query = checkQuery(c, operations.getDiagnosis.query)
    if (!query.ok) return problem(query.problem, c)
    const { role = 'viewer', tenants } = c.get('caller')
    if (tenants !== 'all') return problem(ofAllTenants, c)
    return c.json(await diagnose(role, c.get('signal'), deps))
  })
}
