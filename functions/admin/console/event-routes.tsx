import type { Context, Hono } from 'hono'
import { browseEvents } from '#lib/admin/browse.ts'
import { toDetail } from '#lib/admin/event-view.ts'
import { previewOf } from '#lib/admin/payload-preview.ts'
import { pathOf } from '#lib/admin/provider-items.ts'
import { statuses, type EventDetail } from '#lib/admin/schemas.ts'
import { days, hours, minutes, type Millis } from '#lib/primitives/clock.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { findEvent, problemOf, replayEvent } from '../events.ts'
import { mayTouch } from '../requests.ts'
import { RedriveNotice, ReplayNotice } from './dead-letters-page.tsx'
import { EventPage, NoEventPage } from './event-page.tsx'
import { utcOf } from './forms.tsx'
import { EventsPage, type EventFilter } from './events-page.tsx'
import { page } from './page.tsx'

const windows = new Map<string, Millis>([
  ['1h', hours(1)],
  ['24h', hours(24)],
  ['7d', days(7)],
  ['30d', days(30)],
])
/** An open list asks often, and then only for what may have changed since. */
const liveWindow = minutes(15)

export function eventRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/events', (c) => events(c, deps))
  app.get('/events/:id', (c) => event(c, deps))
  app.post('/events/:id/replay', async (c) => {
    const id = c.req.param('id')
    const outcome = await replayEvent(id, c.get('signal'), admitted(deps, c))
    const said = outcome.kind === 'queued' ? `queued=${outcome.id}` : `refused=${outcome.kind}`
    return c.redirect(`/console/events/${encodeURIComponent(id)}?${said}`, 303)
  })
}

async function events(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const filter = filterOf(c)
  const cursor = c.req.query('cursor')
  const isLive = c.req.query('live') === 'new' && cursor === undefined
  const { within, since, until, ...narrowed } = filter
  const browsed = await browseEvents(
    {
      ...narrowed,
      status: statuses.find((status) => status === filter.status),
      since: utcOf(since),
      until: utcOf(until),
      cursor,
      limit: '100',
      within: isLive ? liveWindow : (windows.get(within) ?? hours(24)),
    },
    c.get('signal'),
    admitted(deps, c),
  )
  if (browsed.kind === 'invalid_cursor') return c.redirect('/console/events', 303)
  const content = (
    <EventsPage
      items={browsed.items}
      filter={filter}
      older={browsed.cursor === null ? undefined : addressOf({ ...filter, cursor: browsed.cursor })}
      isLater={cursor !== undefined}
      providers={deps.providers.map(({ id }) => id)}
      addresses={deps.endpoints
        .filter(({ tenant }) => mayTouch(c, tenant))
        .map((endpoint) => `${deps.publicUrl ?? ''}${pathOf(endpoint)}`)}
      now={deps.clock.now()}
    />
  )
  const live = cursor === undefined && filter.until === undefined ? 'rows' : undefined
  return c.html(page({ title: 'Events', stage: deps.stage, section: 'events', live, children: content }))
}

/** Narrows by what it knows, and by nothing that is empty. */
function filterOf(c: Context<AdminEnv>): EventFilter {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 256) || undefined
  const within = given('within') ?? ''
  return {
    provider: given('provider'),
    status: given('status'),
    tenant: given('tenant'),
    type: given('type'),
    since: utcOf(given('since')) && given('since'),
    until: utcOf(given('until')) && given('until'),
    within: windows.has(within) ? within : '24h',
  }
}

function addressOf(query: Readonly<Record<string, string | undefined>>): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return `/console/events?${new URLSearchParams(set).toString()}`
}

async function event(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const { stage, objects, clock } = deps
  const provider = (id: string) => deps.providers.find((each) => each.id === id)
  const signal = c.get('signal')
  const notice = noticeOf(c)
  const record = await findEvent(c.req.param('id') ?? '', signal, admitted(deps, c))
  if (!record) {
    const children = <NoEventPage notice={notice} />
    return c.html(page({ title: 'No record', stage, section: 'events', live: 'page', children }), 404)
  }
  const detail = toDetail(record, await previewOf(record, signal, { objects, provider }))
  const children = <EventPage event={detail} notice={notice} now={clock.now()} />
  const title = `${detail.provider} ${detail.type}`
  return c.html(
    page({ title, stage, section: 'events', live: mayChange(detail, c) ? 'page' : undefined, children }),
  )
}

/** A dead event changes when it was just redriven. */
const mayChange = ({ status }: EventDetail, c: Context<AdminEnv>): boolean =>
  status !== 'done' && (status !== 'dead' || c.req.query('redriven') !== undefined)

const refusals = ['not_found', 'not_finished', 'expired', 'not_dead'] as const

/** What the press of a button came to stands in the address: nothing is kept between two pages. */
function noticeOf(c: Context<AdminEnv>) {
  const queued = c.req.query('queued') ?? ''
  if (/^evt_[A-Za-z0-9_-]{32}$/.test(queued)) return <ReplayNotice id={queued} />
  if (c.req.query('redriven') === '1') return <RedriveNotice queued={1} others={0} />
  if (c.req.query('redriven') === '0') return <RedriveNotice queued={0} others={1} />
  const refusal = refusals.find((kind) => kind === c.req.query('refused'))
  return (
    refusal && (
      <p class="notice bad" role="alert">
        {problemOf(refusal).detail}
      </p>
    )
  )
}
