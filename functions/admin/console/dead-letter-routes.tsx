import type { Context, Hono } from 'hono'
import { browseDead } from '#lib/admin/browse.ts'
import { deadCauses } from '#lib/admin/dead-causes.ts'
import { redriveMany } from '#lib/admin/redrive-many.ts'
import { redriveReason } from '#lib/admin/redrive-reason.ts'
import { redriveRequest } from '#lib/admin/schemas.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { DeadLettersPage, RedriveNotice } from './dead-letters-page.tsx'
import { page } from './page.tsx'

export function deadLetterRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/dead-letters', (c) => list(c, deps))
  app.post('/dead-letters/redrive', (c) => redrive(c, deps))
}

async function list(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const reason = c.req.query('reason')?.slice(0, 256) || undefined
  const wanted = { reason, cursor: c.req.query('cursor') }
  const browsed = await browseDead(wanted, c.get('signal'), admitted(deps, c))
  if (browsed.kind === 'invalid_cursor') return c.redirect('/console/dead-letters', 303)
  const isFirst = reason === undefined && wanted.cursor === undefined
  const counted = isFirst
    ? await deadCauses(c.get('signal'), admitted(deps, c))
    : { causes: [], hasMore: false }
  const next = { ...(reason && { reason }), cursor: browsed.cursor ?? '' }
  const content = (
    <DeadLettersPage
      items={browsed.items}
      {...counted}
      reason={reason}
      older={
        browsed.cursor === null ? undefined : `/console/dead-letters?${new URLSearchParams(next).toString()}`
      }
      notice={noticeOf(c)}
      now={deps.clock.now()}
    />
  )
  return c.html(
    page({ title: 'Dead letters', stage: deps.stage, section: 'dead-letters', children: content }),
  )
}

async function redrive(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const form = new URLSearchParams(await c.req.text())
  const reason = form.get('reason')
  const request = redriveRequest.safeParse(reason === null ? { ids: form.getAll('ids') } : { reason })
  if (!request.success) return c.redirect('/console/dead-letters?refused=nothing', 303)
  if ('reason' in request.data) return redriveAll(request.data.reason, c, deps)
  const outcome = await redriveMany(request.data, c.get('signal'), admitted(deps, c))
  if (outcome.kind !== 'redriven') return c.redirect('/console/dead-letters?refused=unavailable', 303)
  const queued = outcome.items.filter(({ result }) => result === 'queued').length
  const back = form.get('back')
  if (back !== null) return c.redirect(`/console/events/${encodeURIComponent(back)}?redriven=${queued}`, 303)
  return c.redirect(`/console/dead-letters?redriven=${queued}&others=${outcome.items.length - queued}`, 303)
}

async function redriveAll(reason: string, c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const outcome = await redriveReason(reason, c.get('signal'), admitted(deps, c))
  if (outcome.kind !== 'redriven') return c.redirect('/console/dead-letters?refused=unavailable', 303)
  const { queued, others, hasMore } = outcome
  return c.redirect(
    `/console/dead-letters?redriven=${queued}&others=${others}${hasMore ? '&more=1' : ''}`,
    303,
  )
}

const refusals = new Map([
  ['nothing', 'Select the events to redrive first.'],
  ['unavailable', 'Nothing could be queued. Try again later.'],
])

function noticeOf(c: Context<AdminEnv>) {
  const refusal = refusals.get(c.req.query('refused') ?? '')
  if (refusal)
    return (
      <p class="notice bad" role="alert">
        {refusal}
      </p>
    )
  const count = (name: string): number => Number(/^\d{1,4}$/.exec(c.req.query(name) ?? '')?.[0] ?? 0)
  const said = { queued: count('redriven'), others: count('others'), hasMore: c.req.query('more') === '1' }
  return c.req.query('redriven') && <RedriveNotice {...said} />
}
