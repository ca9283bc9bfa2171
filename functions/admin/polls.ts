import type { Hono } from 'hono'
import { listPolls } from '#lib/admin/list-polls.ts'
import { operations } from '#lib/admin/operations.ts'
import { pollIdOf, pollName, toMissedItem, toPollItem } from '#lib/admin/poll-view.ts'
import type { Problem } from '#lib/http/problem.ts'
import { pollNow } from '#lib/polling/poll-jobs.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { days, epochMs, later } from '#lib/primitives/clock.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkBody, checkQuery, mayTouch } from './requests.ts'

const unknown: Problem = { code: 'not_found', detail: 'This tenant has no such poll.' }
const paused: Problem = { code: 'conflict', detail: 'It is paused: let it go on first.' }
const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter.',
}
const pageSize = 50
/** Of the ledger of missed webhooks: time, connection and stream. */
const missedPlace = /^\d{13}#conn_[A-Za-z0-9_-]{32}#[\u0021-\u007e]{1,1024}$/

/** Whether webhooks bring the same events: the tenant has an endpoint of the provider, and the stream shares its keys. */
export function hasWebhooks(
  { tenant, provider, stream }: Poll,
  { endpoints, providers }: Pick<AdminDeps, 'endpoints' | 'providers'>,
): boolean {
  const [name = ''] = stream.split('?', 1)
  const polls = providers.find(({ id }) => id === provider)?.polls ?? {}
  const isShared = Object.hasOwn(polls, name) && polls[name]?.event.keys === 'shared'
  return isShared && endpoints.some((each) => each.provider === provider && brings(each, tenant))
}

const brings = ({ tenant, tenants = {} }: AdminDeps['endpoints'][number], wanted: string): boolean =>
  tenant === wanted || Object.values(tenants).includes(wanted)

/** Polls, and what webhooks missed, under `/api`. */
export function pollRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/polls', async (c) => {
    const query = checkQuery(c, operations.listPolls.query)
    if (!query.ok) return problem(query.problem, c)
    const { tenant, provider, cursor, limit } = query.value
    const wanted = { tenant, provider, after: cursor, limit: Number(limit ?? pageSize) }
    const page = await listPolls(wanted, c.get('caller').tenants, deps.polls)
    if (!page) return problem(badCursor, c)
    const now = deps.clock.now()
    const items = page.polls.map((poll) => toPollItem(poll, hasWebhooks(poll, deps), now))
    return c.json({ items, cursor: page.next ?? null })
  })
  app.post('/polls/:id/run', async (c) => {
    const query = checkQuery(c, operations.runPoll.query)
    if (!query.ok) return problem(query.problem, c)
    const body = await checkBody(c, operations.runPoll.body, true)
    if (!body.ok) return problem(body.problem, c)
    const { tenant } = query.value
    const id = pollIdOf(c.req.param('id'))
    const poll = id && mayTouch(c, tenant) ? await deps.polls.get(id) : undefined
    if (!poll || poll.tenant !== tenant) return problem(unknown, c)
    if (poll.state === 'paused') return problem(paused, c)
    await pollNow(poll, { jobs: deps.pollJobs, clock: deps.clock })
    return c.json({ id: pollName(poll), status: 'queued' }, operations.runPoll.status)
  })
  missedRoute(app, deps)
}

function missedRoute(app: Hono<AdminEnv>, { missed, clock }: AdminDeps): void {
  app.get('/missed-webhooks', async (c) => {
    const query = checkQuery(c, operations.listMissedWebhooks.query)
    if (!query.ok) return problem(query.problem, c)
    const { tenant, since, until, cursor, limit } = query.value
    if (cursor !== undefined && !missedPlace.test(cursor)) return problem(badCursor, c)
    if (!mayTouch(c, tenant)) return c.json({ items: [], cursor: null })
    const end = until === undefined ? clock.now() : epochMs(Date.parse(until))
    const wanted = {
      tenant,
      since: since === undefined ? later(end, 0 - days(1)) : epochMs(Date.parse(since)),
      until: end,
      after: cursor,
      limit: Number(limit ?? pageSize),
    }
    if (wanted.since > end) return c.json({ items: [], cursor: null })
    const page = await missed.list(wanted, c.get('signal'))
    return c.json({ items: page.items.map(toMissedItem), cursor: page.next ?? null })
  })
}
