import type { Context, Hono } from 'hono'
import { listPolls } from '#lib/admin/list-polls.ts'
import { pollIdOf, toPollItem } from '#lib/admin/poll-view.ts'
import { pollNow } from '#lib/polling/poll-jobs.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { hasWebhooks } from '../polls.ts'
import { mayTouch } from '../requests.ts'
import { page } from './page.tsx'
import { PollsPage } from './polls-page.tsx'

const pageSize = 50

export function pollPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/polls', (c) => list(c, deps))
  app.post('/polls/run', (c) => run(c, deps))
}

async function list(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 256) || undefined
  const filter = { tenant: given('tenant'), provider: given('provider') }
  const after = c.req.query('cursor')
  const found = await listPolls({ ...filter, after, limit: pageSize }, c.get('caller').tenants, deps.polls)
  if (!found) return c.redirect('/console/polls', 303)
  const now = deps.clock.now()
  const next = Object.entries({ ...filter, cursor: found.next }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const children = (
    <PollsPage
      items={found.polls.map((poll) => toPollItem(poll, hasWebhooks(poll, deps), now))}
      filter={filter}
      more={found.next === undefined ? undefined : `/console/polls?${new URLSearchParams(next).toString()}`}
      providers={deps.providers.filter(({ polls }) => polls).map(({ id }) => id)}
      notice={noticeOf(c)}
      now={now}
    />
  )
  return c.html(page({ title: 'Polls', stage: deps.stage, section: 'polls', live: 'page', children }))
}

async function run(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const form = new URLSearchParams(await c.req.text())
  const id = pollIdOf(form.get('id') ?? '')
  const poll = id && (await deps.polls.get(id))
  if (!poll || !mayTouch(c, poll.tenant) || poll.state === 'paused')
    return c.redirect('/console/polls?refused=run', 303)
  await pollNow(poll, { jobs: deps.pollJobs, clock: deps.clock })
  return c.redirect('/console/polls?queued=1', 303)
}

function noticeOf(c: Context<AdminEnv>) {
  if (c.req.query('queued') === '1')
    return (
      <p class="notice" role="status">
        The stream is read now; its line here follows.
      </p>
    )
  return c.req.query('refused') === 'run' && <p class="notice bad">This stream is paused, or is not there.</p>
}
