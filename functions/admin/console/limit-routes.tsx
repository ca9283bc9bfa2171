import type { Context, Hono } from 'hono'
import { breakerReset } from '#lib/admin/schemas-traffic.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { readBreakers, readLimits, resetBreaker } from '../traffic.ts'
import { LimitsPage } from './limits-page.tsx'
import { Notice } from './notice.tsx'
import { page } from './page.tsx'

const pageSize = 50

export function limitPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/limits', (c) => show(c, deps))
  app.post('/breakers/:id/reset', async (c) => {
    const form = new URLSearchParams(await c.req.text())
    const wanted = breakerReset.safeParse(
      form.has('version') ? { version: form.get('version') } : { version: null },
    )
    if (!wanted.success) return c.redirect('/console/limits?refused=moved', 303)
    const outcome = await resetBreaker(c.req.param('id'), wanted.data.version, c.get('caller').tenants, deps)
    const said = outcome.kind === 'reset' ? 'did=reset' : `refused=${outcome.kind}`
    return c.redirect(`/console/limits?${said}`, 303)
  })
}

async function show(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 256) || undefined
  const { tenants } = c.get('caller')
  const wanted = { tenant: given('tenant'), provider: undefined, after: given('cursor'), limit: pageSize }
  const [breakers, found] = await Promise.all([readBreakers(deps), readLimits(wanted, tenants, deps)])
  if (!found) return c.redirect('/console/limits', 303)
  const { tenant } = wanted
  const next = new URLSearchParams({ tenant: tenant ?? '', cursor: found.next ?? '' })
  const children = (
    <LimitsPage
      breakers={breakers}
      limits={found.items}
      tenant={tenant}
      more={found.next === undefined ? undefined : `/console/limits?${next.toString()}`}
      mayReset={tenants === 'all'}
      notice={<Notice said={done.get(given('did') ?? '')} refused={refused.get(given('refused') ?? '')} />}
      now={deps.clock.now()}
    />
  )
  const title = 'Limits and breakers'
  return c.html(page({ title, stage: deps.stage, section: 'limits', live: 'slow', children }))
}

const done = new Map([['reset', 'The breaker is closed: calls go through.']])
const refused = new Map([
  ['unknown', 'No provider of this name is called.'],
  ['moved', 'It has opened or closed since it was seen. Look again.'],
  ['ofAllTenants', 'A breaker is of all tenants, and this session is for some of them.'],
])
