import type { Hono } from 'hono'
import { browseEvents } from '#lib/admin/browse.ts'
import { csv } from '#lib/admin/csv.ts'
import { operations } from '#lib/admin/operations.ts'
import type { EventItem } from '#lib/admin/schemas.ts'
import type { Problem } from '#lib/http/problem.ts'
import { problem } from '../common/problem.ts'
import { admitted } from './admitted.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkQuery } from './requests.ts'

const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter; it lasts a day.',
}

const columns = [
  'id',
  'tenant',
  'provider',
  'type',
  'status',
  'attempts',
  'via',
  'deliveryKey',
  'receivedAt',
  'completedAt',
  'reason',
] as const satisfies readonly (keyof EventItem)[]

/** Lists to take along, under `/api/exports`. */
export function exportRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/exports/events', async (c) => {
    const query = checkQuery(c, operations.exportEvents.query)
    if (!query.ok) return problem(query.problem, c)
    const browsed = await browseEvents(query.value, c.get('signal'), admitted(deps, c))
    if (browsed.kind !== 'page') return problem(badCursor, c)
    for (const { tenant } of browsed.items) c.get('notes')?.tenants.add(tenant)
    return c.body(csv(columns, browsed.items), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="events.csv"',
      ...(browsed.cursor !== null && { 'sluice-cursor': browsed.cursor }),
    })
  })
}
