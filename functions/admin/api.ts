import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { covers } from '#lib/access/tenant-scope.ts'
import { browseDead, browseEvents, type Browsed } from '#lib/admin/browse.ts'
import { toDetail } from '#lib/admin/event-view.ts'
import { loginLinkLifetime, mintLoginLink } from '#lib/admin/login-link.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'
import { previewOf } from '#lib/admin/payload-preview.ts'
import { providerItems } from '#lib/admin/provider-items.ts'
import { redriveMany } from '#lib/admin/redrive-many.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { authenticate, needs } from '../common/authenticate.ts'
import { admitted } from './admitted.ts'
import { auditRoutes } from './audit.ts'
import { auditedOperation } from './audited.ts'
import { backfillRoutes } from './backfills.ts'
import { connectLinkRoutes } from './connect-links.ts'
import { connectionRoutes } from './connections.ts'
import { idempotent } from './idempotent.ts'
import { metricRoutes } from './metrics.ts'
import { diagnosisRoutes } from './diagnosis.ts'
import { pollRoutes } from './polls.ts'
import { limitedSignIns } from './sign-in-limit.ts'
import { replayRoutes } from './replays.ts'
import { tenantRoutes } from './tenants.ts'
import { trafficRoutes } from './traffic.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { exportRoutes } from './exports.ts'
import { findEvent, problemOf, replayEvent } from './events.ts'
import { problem } from '../common/problem.ts'
import { addressOf, checkBody, checkQuery } from './requests.ts'

/** Everything under `/api`: checks what comes by the schemas of {@link operations} and says what came of it. */
export function api(deps: AdminDeps): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>()
  app.use('*', authenticate(deps))
  for (const operation of Object.values<Operation>(operations)) {
    const { method, path, role } = operation
    const [verb, at] = [method.toUpperCase(), [routeOf(path)]]
    app.on(verb, at, needs(role))
    for (const before of changing(operation, deps)) app.on(verb, at, before)
  }
  readRoutes(app, deps)
  writeRoutes(app, deps)
  connectLinkRoutes(app, deps)
  connectionRoutes(app, deps)
  tenantRoutes(app, deps)
  pollRoutes(app, deps)
  backfillRoutes(app, deps)
  auditRoutes(app, deps)
  exportRoutes(app, deps)
  trafficRoutes(app, deps)
  replayRoutes(app, deps)
  metricRoutes(app, deps)
  diagnosisRoutes(app, deps)
  for (const [path, allow] of methodsByPath()) {
    app.all(path, (c) =>
      problem({ code: 'method_not_allowed', detail: `Use ${allow}.`, headers: { allow } }, c),
    )
  }
  return app
}

/** What stands before every operation that does something, or takes much along. */
function changing(operation: Operation, deps: AdminDeps): MiddlewareHandler<AdminEnv>[] {
  const { id, method, isAudited, idempotent: isIdempotent } = operation
  if (method === 'get' && !isAudited) return []
  const deed = { operation: id, via: 'api', target: {} } as const
  return [
    ...(id === 'createLoginLink' ? [limitedSignIns((c) => c.get('caller').actor, deed, deps)] : []),
    auditedOperation(operation, deps),
    ...(isIdempotent ? [idempotent(operation, deps)] : []),
  ]
}

function readRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/events', async (c) => {
    const query = checkQuery(c, operations.listEvents.query)
    if (!query.ok) return problem(query.problem, c)
    return page(await browseEvents(query.value, c.get('signal'), admitted(deps, c)), c)
  })
  app.get('/events/:id', async (c) => {
    const query = checkQuery(c, operations.getEvent.query)
    if (!query.ok) return problem(query.problem, c)
    const record = await findEvent(c.req.param('id'), c.get('signal'), admitted(deps, c))
    if (!record) return problem(noEvent, c)
    return c.json(toDetail(record, await previewOf(record, c.get('signal'), sources(deps))))
  })
  app.get('/dead-letters', async (c) => {
    const query = checkQuery(c, operations.listDeadLetters.query)
    if (!query.ok) return problem(query.problem, c)
    return page(await browseDead(query.value, c.get('signal'), admitted(deps, c)), c)
  })
  app.get('/providers', (c) => {
    const query = checkQuery(c, operations.listProviders.query)
    if (!query.ok) return problem(query.problem, c)
    const { tenants } = c.get('caller')
    const own = deps.endpoints.filter(({ tenant }) => covers(tenants, tenant))
    return c.json({ items: providerItems(deps.providers, own), cursor: null })
  })
}

function writeRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/events/:id/replay', async (c) => {
    const checked = await checkWhole(c, operations.replayEvent)
    if (!checked.ok) return problem(checked.problem, c)
    const id = c.req.param('id')
    const outcome = await replayEvent(id, c.get('signal'), admitted(deps, c))
    if (outcome.kind !== 'queued') return problem(problemOf(outcome.kind), c)
    return c.json({ id: outcome.id, status: 'queued', replayOf: id }, operations.replayEvent.status)
  })
  app.post('/dead-letters/redrive', async (c) => {
    const checked = await checkWhole(c, operations.redrive)
    if (!checked.ok) return problem(checked.problem, c)
    const outcome = await redriveMany(checked.value, c.get('signal'), admitted(deps, c))
    switch (outcome.kind) {
      case 'redriven':
        return c.json({ items: outcome.items, cursor: outcome.cursor }, operations.redrive.status)
      case 'invalid_cursor':
        return problem(badCursor, c)
      case 'unavailable':
        return problem({ code: 'unavailable', detail: 'None could be queued. Try again later.' }, c)
    }
  })
  app.post('/login-links', async (c) => {
    const checked = await checkWhole(c, operations.createLoginLink)
    if (!checked.ok) return problem(checked.problem, c)
    if (c.get('caller').tenants !== 'all') return problem(ofAllTenants, c)
    const link = mintLoginLink(c.get('token'), deps.clock, deps.random)
    const expiresAt = iso(later(deps.clock.now(), loginLinkLifetime))
    return c.json(
      { url: `${addressOf(c, deps)}/console/login?link=${link}`, expiresAt },
      operations.createLoginLink.status,
    )
  })
}

const noEvent = problemOf('not_found')
const ofAllTenants = {
  code: 'forbidden',
  detail: 'A login link opens the console for every tenant, and this token is for some of them.',
} as const
const badCursor = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter; it lasts a day.',
} as const

const page = <Item>(browsed: Browsed<Item>, c: Context<AdminEnv>): Response =>
  browsed.kind === 'page' ? c.json({ items: browsed.items, cursor: browsed.cursor }) : problem(badCursor, c)

/** Query and body of a request that does something. */
async function checkWhole<T extends Operation & { readonly body: NonNullable<Operation['body']> }>(
  c: Context<AdminEnv>,
  operation: T,
) {
  const query = checkQuery(c, operation.query)
  if (!query.ok) return query
  return checkBody<T['body']>(c, operation.body, operation.bodyOptional)
}

const sources = ({ objects, providers }: AdminDeps) => ({
  objects,
  provider: (id: string) => providers.find((provider) => provider.id === id),
})

/** `/api/events/{id}` -> `/events/:id` */
const routeOf = (path: string): string => path.replace(/^\/api/, '').replaceAll(/\{(\w+)\}/g, ':$1')

/** `/events` -> `GET`: for the answer to any other method. */
function methodsByPath(): ReadonlyMap<string, string> {
  const methods = new Map<string, string>()
  for (const { path, method } of Object.values(operations)) {
    const route = routeOf(path)
    methods.set(route, [methods.get(route), method.toUpperCase()].filter(Boolean).join(', '))
  }
  return methods
}
