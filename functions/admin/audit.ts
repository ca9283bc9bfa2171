import type { Hono } from 'hono'
import { browseAudit } from '#lib/admin/browse-audit.ts'
import { operations } from '#lib/admin/operations.ts'
import type { Problem } from '#lib/http/problem.ts'
import { problem } from '../common/problem.ts'
import { admitted } from './admitted.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkQuery } from './requests.ts'

const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter; it lasts a day.',
}

/** Who did what, under `/api`. */
export function auditRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/audit', async (c) => {
    const query = checkQuery(c, operations.listAudit.query)
    if (!query.ok) return problem(query.problem, c)
    const browsed = await browseAudit(query.value, c.get('signal'), admitted(deps, c))
    if (browsed.kind !== 'page') return problem(badCursor, c)
    return c.json({ items: browsed.items, cursor: browsed.cursor })
  })
}
