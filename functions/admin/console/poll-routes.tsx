import type { Context, Hono } from 'hono'
import { listPolls } from '#lib/admin/list-polls.ts'
import { pollIdOf, toPollItem } from '#lib/admin/poll-view.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { pollNow } from '#lib/polling/poll-jobs.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { hasWebhooks } from '../polls.ts'
import { mayTouch } from '../requests.ts'
import { backfillPageRoutes, backfillViews } from './backfill-routes.tsx'
import { page } from './page.tsx'
import { pollNotice } from './poll-notices.tsx'
import { NoPollPage, PollPage } from './poll-page.tsx'
import { PollsPage } from './polls-page.tsx'

const pageSize = 50

export function pollPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/polls', (c) => list(c, deps))
  app.get('/polls/:id', (c) => show(c, deps))
  app.post('/polls/run', (c) => run(c, deps))
  backfillPageRoutes(app, deps)
}

async function list(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 256) || undefined
  const filter = { tenant: given('tenant'), provider: given('provider') }
  const after = c.req.query('cursor')
  const found = await listPolls({ ...filter, after, limit: pageSize }, c.get('caller').tenants, deps.polls)
  if (!found) return c.redirect('/console/polls', 303)
  const now = deps.clock.now()
  const backfills = await mapBounded(found.polls, 8, (poll) => backfillViews(poll, deps))
  const next = Object.entries({ ...filter, cursor: found.next }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const children = (
    <PollsPage
      items={found.polls.map((poll) => toPollItem(poll, hasWebhooks(poll, deps), now))}
      backfills={backfills.flat().filter(({ status }) => status === 'running' || status === 'paused')}
      filter={filter}
      more={found.next === undefined ? undefined : `/console/polls?${new URLSearchParams(next).toString()}`}
      providers={deps.providers.filter(({ polls }) => polls).map(({ id }) => id)}
      notice={pollNotice(c)}
      now={now}
    />
  )
  return c.html(page({ title: 'Polls', stage: deps.stage, section: 'polls', live: 'page', children }))
}

async function show(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const frame = { stage: deps.stage, section: 'polls' } as const
  const poll = await findPoll(c.req.param('id') ?? '', c, deps)
  if (!poll) return c.html(page({ ...frame, title: 'No poll', children: <NoPollPage /> }), 404)
  const now = deps.clock.now()
  const children = (
    <PollPage
      poll={toPollItem(poll, hasWebhooks(poll, deps), now)}
      backfills={await backfillViews(poll, deps)}
      notice={pollNotice(c)}
      now={now}
    />
  )
  return c.html(page({ ...frame, title: `${poll.provider} ${poll.stream}`, live: 'page', children }))
}

async function findPoll(name: string, c: Context<AdminEnv>, deps: AdminDeps): Promise<Poll | undefined> {
  const id = pollIdOf(name)
  const poll = id && (await deps.polls.get(id))
  return poll && mayTouch(c, poll.tenant) ? poll : undefined
}

async function run(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const form = new URLSearchParams(await c.req.text())
  const poll = await findPoll(form.get('id') ?? '', c, deps)
  const back = poll && form.has('back') ? `/console/polls/${form.get('id')}` : '/console/polls'
  if (!poll || poll.state === 'paused') return c.redirect(`${back}?refused=run`, 303)
  await pollNow(poll, { jobs: deps.pollJobs, clock: deps.clock })
  return c.redirect(`${back}?queued=1`, 303)
}
