import type { Hono } from 'hono'
import { toConnectLinkItem } from '#lib/admin/connection-view.ts'
import { operations } from '#lib/admin/operations.ts'
import { connectLinkName, type ConnectLinkRequest } from '#lib/admin/schemas.ts'
import { oauth as limits } from '#lib/config/defaults.ts'
import type { Problem } from '#lib/http/problem.ts'
import { findAttempt } from '#lib/oauth/attempt.ts'
import { linkName } from '#lib/oauth/connect-store.ts'
import { isAllowedReturn } from '#lib/oauth/return-to.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { token128 } from '#lib/primitives/random.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { problem } from '../common/problem.ts'
import { addressOf, checkBody, checkQuery, malformed, mayTouch, unknownTenant } from './requests.ts'

const noLink: Problem = {
  code: 'not_found',
  detail: 'This tenant has no such link; what became of one is known for a day.',
}

/** Connect links under `/api`: they are made here, and tell what became of them. */
export function connectLinkRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
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
    return c.json(
      { id: `link_${linkName(id)}`, url, expiresAt: iso(expiresAt) },
      operations.createConnectLink.status,
    )
  })
  app.get('/connect-links/:id', async (c) => {
    const query = checkQuery(c, operations.getConnectLink.query)
    if (!query.ok) return problem(query.problem, c)
    const id = c.req.param('id')
    const { tenant } = query.value
    const wanted = { tenant, name: id.slice('link_'.length) }
    const isKnown = connectLinkName.safeParse(id).success && mayTouch(c, tenant)
    const found =
      isKnown &&
      (await findAttempt(wanted, deps.clock.now(), { store: deps.connectStore, vault: deps.vault }))
    return found ? c.json(toConnectLinkItem(id, found)) : problem(noLink, c)
  })
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
