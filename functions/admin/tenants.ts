import type { Context, Hono } from 'hono'
import { operations } from '#lib/admin/operations.ts'
import { id as nameSchema, type TenantKeys } from '#lib/admin/schemas.ts'
import type { Problem } from '#lib/http/problem.ts'
import { iso } from '#lib/primitives/clock.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { problem } from '../common/problem.ts'
import { checkBody, checkQuery, mayTouch } from './requests.ts'

const noKeys: Problem = { code: 'not_found', detail: 'This tenant has no keys.' }
const inUse: Problem = {
  code: 'conflict',
  detail: 'This tenant has connections that are not deleted: delete them first.',
}
const toBeShredded: Problem = { code: 'conflict', detail: 'These keys are about to be shredded.' }

/** Keys of tenants under `/api`: asked for here, done by the refresher. Nothing here can open one. */
export function tenantRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  const { keyTasks } = deps
  app.get('/tenants/:id/keys', async (c) => {
    const query = checkQuery(c, operations.getTenantKeys.query)
    if (!query.ok) return problem(query.problem, c)
    const tenant = c.req.param('id')
    const facts = isOwn(c, tenant) ? await keyTasks.about(tenant) : undefined
    if (!facts) return problem(noKeys, c)
    const { keys, task = null, rewrappedAt } = facts
    const answer: TenantKeys = {
      tenant,
      keys,
      task,
      rewrappedAt: rewrappedAt === undefined ? null : iso(rewrappedAt),
    }
    return c.json(answer)
  })
  app.post('/tenants/:id/keys/rewrap', async (c) => {
    const query = checkQuery(c, operations.rewrapTenantKeys.query)
    if (!query.ok) return problem(query.problem, c)
    const body = await checkBody(c, operations.rewrapTenantKeys.body, true)
    if (!body.ok) return problem(body.problem, c)
    const tenant = c.req.param('id')
    if (!isOwn(c, tenant)) return problem(noKeys, c)
    if (await keyTasks.ask(tenant, 'rewrap')) return c.json(scheduled(tenant), 202)
    return problem((await keyTasks.about(tenant)) ? toBeShredded : noKeys, c)
  })
  app.delete('/tenants/:id/keys', async (c) => {
    const query = checkQuery(c, operations.shredTenantKeys.query)
    if (!query.ok) return problem(query.problem, c)
    const tenant = c.req.param('id')
    if (!isOwn(c, tenant)) return problem(noKeys, c)
    if (await hasConnections(tenant, deps)) return problem(inUse, c)
    if (!(await keyTasks.ask(tenant, 'shred'))) return problem(noKeys, c)
    deps.log('warn', 'the keys of a tenant are to be shredded', { tenant })
    return c.json(scheduled(tenant), operations.shredTenantKeys.status)
  })
}

const isOwn = (c: Context<AdminEnv>, tenant: string): boolean =>
  nameSchema.safeParse(tenant).success && mayTouch(c, tenant)

const scheduled = (tenant: string) => ({ tenant, status: 'scheduled' }) as const

/** Whether one of them is not deleted. */
async function hasConnections(tenant: string, { connections }: AdminDeps): Promise<boolean> {
  let after: string | undefined
  do {
    const page = await connections.list(tenant, after, 100)
    if (page.connections.some(({ state }) => state !== 'deleted')) return true
    after = page.next
  } while (after !== undefined)
  return false
}
