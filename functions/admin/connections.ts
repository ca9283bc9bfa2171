import type { Hono } from 'hono'
import { toConnectionItem } from '#lib/admin/connection-view.ts'
import { listConnections } from '#lib/admin/list-connections.ts'
import { operations } from '#lib/admin/operations.ts'
import type { ConnectLinkRequest } from '#lib/admin/schemas.ts'
import { oauth as limits } from '#lib/config/defaults.ts'
import type { Problem } from '#lib/http/problem.ts'
import { isAllowedReturn } from '#lib/oauth/return-to.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { token128 } from '#lib/primitives/random.ts'
import { connectionIdGrammar } from '#lib/vault/connection-id.ts'
import type { SaveOutcome } from '#lib/vault/vault.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { keyRoutes } from './keys.ts'
import { addressOf, checkBody, checkQuery, malformed, mayTouch, problem, unknownTenant } from './requests.ts'

const unknown: Problem = { code: 'not_found', detail: 'This tenant has no such connection.' }
const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter.',
}
const pageSize = 50

/** Connections under `/api`: links to make them, lists, and what can be done with one. */
export function connectionRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/connect-links', async (c) => {
    const checked = await checkBody(c, operations.createConnectLink.body)
    if (!checked.ok) return problem(checked.problem, c)
    if (!mayTouch(c, checked.value.tenant)) return problem(unknownTenant, c)
    const fault = faultIn(checked.value, deps)
    if (fault) return problem(fault, c)
    const { provider, tenant, scopes, returnTo, shared = false, account } = checked.value
    const id = token128(deps.random)
    const expiresAt = later(deps.clock.now(), limits.linkMs)
    await deps.connectStore.addLink(id, {
      provider,
      tenant,
      scopes: scopes ?? deps.connectGrantOf(provider)?.scopes.default ?? [],
      isShared: shared,
      expiresAt,
      ...(returnTo !== undefined && { returnTo }),
      ...(account !== undefined && { account }),
    })
    const url = `${addressOf(c, deps)}/oauth/${provider}/connect?link=${id}`
    return c.json({ url, expiresAt: iso(expiresAt) }, operations.createConnectLink.status)
  })
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

function faultIn(request: ConnectLinkRequest, deps: AdminDeps): Problem | undefined {
  const { provider, returnTo, account, scopes } = request
  const grant = deps.connectGrantOf(provider)
  if (!grant) return malformed('/provider', 'is no provider that accounts can be connected of')
  // Nobody else says them: its service account may stand for any user of a domain.
  if (grant.kind === 'delegated-jwt' && account === undefined)
    return malformed('/account', 'is needed: whom the service account stands for')
  if (grant.kind === 'delegated-jwt' && (scopes ?? []).length === 0)
    return malformed('/scopes', 'are needed: what the service account asks for')
  if (returnTo !== undefined && !isAllowedReturn(returnTo, deps.returnTo))
    return malformed('/returnTo', 'is not among the addresses that `connect.returnTo` allows')
  return undefined
}
