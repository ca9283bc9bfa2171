import type { Context, Hono } from 'hono'
import { browseAudit } from '#lib/admin/browse-audit.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { AuditPage } from './audit-page.tsx'
import { utcOf } from './forms.tsx'
import { page } from './page.tsx'

export function auditPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/audit', (c) => list(c, deps))
}

async function list(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 300) || undefined
  const time = (name: string): string | undefined => utcOf(given(name)) && given(name)
  const filter = {
    tenant: given('tenant'),
    actor: given('actor'),
    since: time('since'),
    until: time('until'),
  }
  const browsed = await browseAudit(
    { ...filter, since: utcOf(filter.since), until: utcOf(filter.until), cursor: c.req.query('cursor') },
    c.get('signal'),
    admitted(deps, c),
  )
  if (browsed.kind !== 'page') return c.redirect('/console/audit', 303)
  const next = Object.entries({ ...filter, cursor: browsed.cursor ?? undefined }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const children = (
    <AuditPage
      items={browsed.items}
      filter={filter}
      older={browsed.cursor === null ? undefined : `/console/audit?${new URLSearchParams(next).toString()}`}
      now={deps.clock.now()}
    />
  )
  return c.html(page({ title: 'Audit', stage: deps.stage, section: 'audit', children }))
}
