import type { Context, Hono } from 'hono'
import { pollIdOf, pollName } from '#lib/admin/poll-view.ts'
import { backfillActions, controlBackfill, startBackfill } from '#lib/polling/backfill-control.ts'
import { backfillIdGrammar } from '#lib/polling/backfill.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { epochMs, type EpochMs } from '#lib/primitives/clock.ts'
import { backfillDeps, toBackfillItem, wordsOf } from '../backfills.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { mayTouch } from '../requests.ts'
import type { BackfillView } from './backfills.tsx'
import { utcOf } from './forms.tsx'

/** The buttons of backfills; each leads back to the page of the poll. */
export function backfillPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/polls/:id/backfills', async (c) => back(c, await start(c, deps)))
  for (const action of backfillActions)
    app.post(`/polls/:id/backfills/:backfill/${action}`, async (c) => {
      const poll = pollIdOf(c.req.param('id'))
      const id = c.req.param('backfill')
      const found = poll && backfillIdGrammar.test(id) ? await deps.backfills.get({ ...poll, id }) : undefined
      if (!found || !mayTouch(c, found.tenant)) return back(c, 'refused=unknown')
      const { kind } = await controlBackfill(found, action, backfillDeps(deps))
      return back(c, kind === 'changed' ? `did=${action}` : `refused=${kind}`)
    })
}

const back = (c: Context<AdminEnv>, said: string): Response =>
  c.redirect(`/console/polls/${encodeURIComponent(c.req.param('id') ?? '')}?${said}`, 303)

/** What came of it, as the address of the next page says it. */
async function start(c: Context<AdminEnv>, deps: AdminDeps): Promise<string> {
  const id = pollIdOf(c.req.param('id') ?? '')
  const poll = id && (await deps.polls.get(id))
  if (!poll || !mayTouch(c, poll.tenant)) return 'refused=run'
  const words = wordsOf(poll, deps.providers)
  if (!words) return 'refused=undeclared'
  const form = new URLSearchParams(await c.req.text())
  const [since, until] = [timeOf(form.get('since')), timeOf(form.get('until'))]
  if (since === 'none' || until === 'none') return 'refused=times'
  const wish = { again: form.get('again') === '1', ...(since && { since }), ...(until && { until }) }
  const outcome = await startBackfill(poll, words, wish, backfillDeps(deps))
  if (outcome.kind === 'refused') return `refused=${outcome.field}`
  return outcome.kind === 'busy' ? 'refused=busy' : `did=${outcome.kind}`
}

function timeOf(text: string | null): EpochMs | undefined | 'none' {
  if (!text) return undefined
  const at = utcOf(text)
  return at === undefined ? 'none' : epochMs(Date.parse(at))
}

/** The backfills of a poll, the latest first. */
export async function backfillViews(poll: Poll, { backfills }: AdminDeps): Promise<readonly BackfillView[]> {
  const found = await backfills.list(poll)
  const pollId = pollName(poll)
  return found.map((each) => ({ ...toBackfillItem(each), pollId, stream: poll.stream }))
}
