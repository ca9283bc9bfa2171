import type { Context, Hono } from 'hono'
import { operations } from '#lib/admin/operations.ts'
import { toPlan, toReplayItem } from '#lib/admin/replay-view.ts'
import { wishOf } from '#lib/admin/replay-wish.ts'
import type { Problem } from '#lib/http/problem.ts'
import {
  controlReplay,
  replayActions,
  startReplay,
  type ControlOutcome,
} from '#lib/processing/replay-control.ts'
import { planReplay } from '#lib/processing/replay-plan.ts'
import { replayIdGrammar } from '#lib/processing/replays.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkBody, checkQuery, malformed, mayTouch, unknownTenant } from './requests.ts'

const unknown: Problem = { code: 'not_found', detail: 'There is no such replay.' }
const busy: Problem = { code: 'conflict', detail: 'It is being written at this moment. Ask again.' }
const taken = (by: string): Problem => ({
  code: 'conflict',
  detail: `${by} of this tenant is under way: wait for its end, or cancel it.`,
})

/** Replays of windows under `/api`: planned, begun, watched and stopped here; the sweeper sends them. */
export function replayRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/replays', async (c) => {
    const query = checkQuery(c, operations.startReplay.query)
    if (!query.ok) return problem(query.problem, c)
    const body = await checkBody(c, operations.startReplay.body)
    if (!body.ok) return problem(body.problem, c)
    if (!mayTouch(c, body.value.tenant)) return problem(unknownTenant, c)
    const wish = wishOf(body.value, deps.clock.now())
    if ('fault' in wish) return problem(malformed(`/${wish.field}`, wish.fault), c)
    const plan = await planReplay(wish, c.get('signal'), deps.replaying)
    const { status } = operations.startReplay
    if (body.value.dryRun) return c.json(toPlan(wish, plan), status)
    const key = c.req.header('idempotency-key')
    const planned = plan.countedTo === undefined ? plan.events : undefined
    const outcome = await startReplay({ ...wish, key, planned }, controlDeps(deps))
    if (outcome.kind === 'taken') return problem(taken(outcome.by), c)
    if (outcome.kind === 'busy') return problem(busy, c)
    return c.json(toReplayItem(outcome.replay), status)
  })
  app.get('/replays', async (c) => {
    const query = checkQuery(c, operations.listReplays.query)
    if (!query.ok) return problem(query.problem, c)
    const own = (await deps.replaying.replays.list()).filter(({ tenant }) => mayTouch(c, tenant))
    return c.json({ items: own.map(toReplayItem), cursor: null })
  })
  app.get('/replays/:id', async (c) => {
    const query = checkQuery(c, operations.getReplay.query)
    if (!query.ok) return problem(query.problem, c)
    const found = await findReplay(c, deps)
    return found ? c.json(toReplayItem(found)) : problem(unknown, c)
  })
  controlRoutes(app, deps)
}

function controlRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  for (const action of replayActions) {
    const operation = operations[`${action}Replay`]
    app.post(`/replays/:id/${action}`, async (c) => {
      const query = checkQuery(c, operation.query)
      if (!query.ok) return problem(query.problem, c)
      const body = await checkBody(c, operation.body, true)
      if (!body.ok) return problem(body.problem, c)
      const found = await findReplay(c, deps)
      const outcome: ControlOutcome = found
        ? await controlReplay(found.id, action, controlDeps(deps))
        : { kind: 'unknown' }
      switch (outcome.kind) {
        case 'changed':
          return c.json(toReplayItem(outcome.replay), operation.status)
        case 'ended':
          return problem({ code: 'conflict', detail: `It is ${outcome.replay.state} already.` }, c)
        case 'taken':
          return problem(taken(outcome.by), c)
        case 'busy':
          return problem(busy, c)
        case 'unknown':
          return problem(unknown, c)
      }
    })
  }
}

/** What starting and stopping replays needs. */
export const controlDeps = ({ replaying: { replays, jobs }, clock, random }: AdminDeps) => ({
  replays,
  jobs,
  clock,
  random,
})

/** The replay that the address names, if whoever asks may see its tenant. */
export async function findReplay(c: Context<AdminEnv>, { replaying: { replays } }: AdminDeps) {
  const id = c.req.param('id') ?? ''
  const found = replayIdGrammar.test(id) ? await replays.get(id) : undefined
  return found && mayTouch(c, found.tenant) ? found : undefined
}
