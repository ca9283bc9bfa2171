import type { Hono } from 'hono'
import { toConnectionItem } from '#lib/admin/connection-view.ts'
import { listConnections } from '#lib/admin/list-connections.ts'
import { operations } from '#lib/admin/operations.ts'
import type { Problem } from '#lib/http/problem.ts'
import { connectionIdGrammar } from '#lib/vault/connection-id.ts'
import type { SaveOutcome } from '#lib/vault/vault.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { keyRoutes } from './keys.ts'
import { problem } from '../common/problem.ts'
import { checkBody, checkQuery, mayTouch } from './requests.ts'

const unknown: Problem = { code: 'not_found', detail: 'This tenant has no such connection.' }
const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter.',
}
const pageSize = 50

/** Connections under `/api`: lists, and what can be done with one. */
export function connectionRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/connections', async (c) => {
    const query = checkQuery(c, operations.listConnections.query)
    if (!query.ok) return problem(query.problem, c)
    const { tenant, cursor, limit } = query.value
    const wanted = { tenant, after: cursor, limit: Number(limit ?? pageSize) }
    const page = await listConnections(wanted, c.get('caller').tenants, deps.connections)
    if (!page) return problem(badCursor, c)
    return c.json({ items: page.connections.map(toConnectionItem), cursor: page.next ?? null })
  })
  app.get('/connections/:id', async (c) => {
    const query = checkQuery(c, operations.getConnection.query)
    if (!query.ok) return problem(query.problem, c)
    const id = c.req.param('id')
    const { tenant } = query.value
    const isKnown = connectionIdGrammar.test(id) && mayTouch(c, tenant)
    const found = isKnown && (await deps.vault.get(tenant, id, { consistent: true }))
    return found ? c.json(toConnectionItem(found)) : problem(unknown, c)
  })
  keyRoutes(app, deps)
  changeRoutes(app, deps)
}

function changeRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  const { vault } = deps
  app.delete('/connections/:id', async (c) => {
    const query = checkQuery(c, operations.deleteConnection.query)
    if (!query.ok) return problem(query.problem, c)
    const id = c.req.param('id')
    const { tenant } = query.value
    const isKnown = connectionIdGrammar.test(id) && mayTouch(c, tenant)
    const outcome = isKnown ? await vault.disconnect(tenant, id) : 'lost'
    if (outcome === 'lost') return problem(unknown, c)
    deps.log('info', 'a connection was disconnected', { tenant, connection: id })
    return c.json({ id, status: 'deleted' }, operations.deleteConnection.status)
  })
  const changes = {
    refresh: {
      operation: operations.refreshConnection,
      change: (tenant: string, id: string) => vault.hasten(tenant, id),
      status: 'scheduled',
    },
    activate: {
      operation: operations.activateConnection,
      change: (tenant: string, id: string) => vault.activate(tenant, id),
      status: 'active',
    },
  } as const
  for (const [name, { operation, change, status }] of Object.entries(changes)) {
    app.post(`/connections/:id/${name}`, async (c) => {
      const query = checkQuery(c, operation.query)
      if (!query.ok) return problem(query.problem, c)
      const body = await checkBody(c, operation.body, true)
      if (!body.ok) return problem(body.problem, c)
      const id = c.req.param('id')
      const { tenant } = query.value
      if (!connectionIdGrammar.test(id) || !mayTouch(c, tenant)) return problem(unknown, c)
      const outcome: SaveOutcome = await change(tenant, id)
      if (outcome === 'saved') return c.json({ id, status }, operation.status)
      const found = await vault.get(tenant, id, { consistent: true })
      return problem(
        found ? { code: 'conflict', detail: `It is ${found.state}: see its status.` } : unknown,
        c,
      )
    })
  }
}
