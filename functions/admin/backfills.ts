import type { Context, Hono } from 'hono'
import { operations } from '#lib/admin/operations.ts'
import { pollIdOf, pollName } from '#lib/admin/poll-view.ts'
import type { BackfillItem } from '#lib/admin/schemas-backfills.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import type { Problem } from '#lib/http/problem.ts'
import {
  backfillActions,
  controlBackfill,
  startBackfill,
  type BackfillControlDeps,
} from '#lib/polling/backfill-control.ts'
import { backfillWords, type BackfillWords } from '#lib/polling/backfill-words.ts'
import { backfillIdGrammar, type Backfill, type BackfillId } from '#lib/polling/backfill.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { epochMs, iso, type EpochMs } from '#lib/primitives/clock.ts'
import type { Provider } from '#lib/providers/provider.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkBody, checkQuery, malformed, mayTouch } from './requests.ts'

const unknownPoll: Problem = { code: 'not_found', detail: 'There is no such poll.' }
const unknown: Problem = { code: 'not_found', detail: 'This poll has no such backfill.' }
const undeclared: Problem = {
  code: 'conflict',
  detail: 'This version does not know how to read this stream.',
}
const busy: Problem = { code: 'conflict', detail: 'It is being written at this moment. Ask again.' }

/** Backfills under `/api/polls/{id}`: started, watched and stopped here; the poller reads them. */
export function backfillRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/polls/:id/backfill', async (c) => {
    const query = checkQuery(c, operations.startBackfill.query)
    if (!query.ok) return problem(query.problem, c)
    const body = await checkBody(c, operations.startBackfill.body, true)
    if (!body.ok) return problem(body.problem, c)
    const poll = await findPoll(c, deps)
    if (!poll) return problem(unknownPoll, c)
    const words = wordsOf(poll, deps.providers)
    if (!words) return problem(undeclared, c)
    const { again, since, until } = body.value
    const wish = {
      ...(again && { again }),
      ...(since !== undefined && { since: instantOf(since) }),
      ...(until !== undefined && { until: instantOf(until) }),
    }
    const outcome = await startBackfill(poll, words, wish, backfillDeps(deps))
    if (outcome.kind === 'refused') return problem(malformed(`/${outcome.field}`, outcome.why), c)
    if (outcome.kind === 'busy') return problem(busy, c)
    return c.json(toBackfillItem(outcome.backfill), operations.startBackfill.status)
  })
  readRoutes(app, deps)
  controlRoutes(app, deps)
}

function readRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/polls/:id/backfill', async (c) => {
    const query = checkQuery(c, operations.listBackfills.query)
    if (!query.ok) return problem(query.problem, c)
    const poll = await findPoll(c, deps)
    if (!poll) return problem(unknownPoll, c)
    return c.json({ items: (await deps.backfills.list(poll)).map(toBackfillItem), cursor: null })
  })
  app.get('/polls/:id/backfill/:backfill', async (c) => {
    const query = checkQuery(c, operations.getBackfill.query)
    if (!query.ok) return problem(query.problem, c)
    const id = await findId(c, deps)
    const found = id && (await deps.backfills.get(id))
    return found ? c.json(toBackfillItem(found)) : problem(unknown, c)
  })
}

function controlRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  for (const action of backfillActions) {
    const operation = operations[`${action}Backfill`]
    app.post(`/polls/:id/backfill/:backfill/${action}`, async (c) => {
      const query = checkQuery(c, operation.query)
      if (!query.ok) return problem(query.problem, c)
      const body = await checkBody(c, operation.body, true)
      if (!body.ok) return problem(body.problem, c)
      const id = await findId(c, deps)
      const outcome = id
        ? await controlBackfill(id, action, backfillDeps(deps))
        : { kind: 'unknown' as const }
      switch (outcome.kind) {
        case 'changed':
          return c.json(toBackfillItem(outcome.backfill), operation.status)
        case 'ended':
          return problem({ code: 'conflict', detail: `It is ${outcome.backfill.state} already.` }, c)
        case 'busy':
          return problem(busy, c)
        case 'unknown':
          return problem(unknown, c)
      }
    })
  }
}

/** What starting and stopping backfills needs. */
export const backfillDeps = ({ backfills, backfillJobs, clock, random }: AdminDeps): BackfillControlDeps => ({
  backfills,
  jobs: backfillJobs,
  clock,
  random,
})

/** The poll that the address names, if whoever asks may see its tenant. */
async function findPoll(c: Context<AdminEnv>, { polls }: AdminDeps): Promise<Poll | undefined> {
  const id = pollIdOf(c.req.param('id') ?? '')
  const poll = id && (await polls.get(id))
  return poll && mayTouch(c, poll.tenant) ? poll : undefined
}

/** A backfill outlives its poll: what it is part of says whose it is. */
async function findId(c: Context<AdminEnv>, { backfills }: AdminDeps): Promise<BackfillId | undefined> {
  const poll = pollIdOf(c.req.param('id') ?? '')
  const id = c.req.param('backfill') ?? ''
  if (!poll || !backfillIdGrammar.test(id)) return undefined
  const found = await backfills.get({ ...poll, id })
  return found && mayTouch(c, found.tenant) ? { ...poll, id } : undefined
}

/** What its declaration says of a stream to a backfill; `undefined` where this version knows none. */
export function wordsOf(
  { provider, stream }: Poll,
  providers: readonly Provider[],
): BackfillWords | undefined {
  const found = providers.find(({ id }) => id === provider)
  try {
    return found && backfillWords(found, stream)
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'MISCONFIGURED') return undefined
    throw error
  }
}

const instantOf = (text: string): EpochMs => epochMs(Date.parse(text))
const orNull = (at: EpochMs | undefined): string | null => (at === undefined ? null : iso(at))

/** A backfill as the API tells of it. */
export function toBackfillItem(backfill: Backfill): BackfillItem {
  const { id, tenant, provider, state, pages, read, found, failures, gap } = backfill
  const ended = state === 'done' || state === 'cancelled' || state === 'failed'
  return {
    id,
    poll: pollName(backfill),
    tenant,
    provider,
    status: state,
    cause: backfill.cause ?? null,
    since: orNull(backfill.since),
    until: orNull(backfill.until),
    startedAt: iso(backfill.begunAt),
    finishedAt: ended ? orNull(backfill.finishedAt) : null,
    pages,
    read,
    found,
    total: backfill.total ?? null,
    share: backfill.share ?? null,
    failures,
    failure: backfill.failure ?? null,
    nextAt: orNull(backfill.nextAt),
    gap: gap ? { of: gap.of, since: iso(gap.since), until: iso(gap.until) } : null,
  }
}
