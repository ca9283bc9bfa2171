import type { Hono } from 'hono'
import { toConnectLinkItem } from '#lib/admin/connection-view.ts'
import { operations } from '#lib/admin/operations.ts'
import { connectLinkName } from '#lib/admin/schemas.ts'
import type { Problem } from '#lib/http/problem.ts'
import { findAttempt } from '#lib/oauth/attempt.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { problem } from '../common/problem.ts'
import { newConnectLink } from './new-connect-link.ts'
import { addressOf, checkBody, checkQuery, mayTouch, unknownTenant } from './requests.ts'

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
    const made = await newConnectLink(checked.value, addressOf(c, deps), deps)
    if (made.kind === 'refused') return problem(made.problem, c)
    const { id, url, expiresAt } = made
    return c.json({ id, url, expiresAt }, operations.createConnectLink.status)
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
