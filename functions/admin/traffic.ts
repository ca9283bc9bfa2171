import type { Hono } from 'hono'
import type { TenantScope } from '#lib/access/tenant-scope.ts'
import { listConnections } from '#lib/admin/list-connections.ts'
import { operations } from '#lib/admin/operations.ts'
import type { BreakerItem, LimitItem } from '#lib/admin/schemas-traffic.ts'
import type { Problem } from '#lib/http/problem.ts'
import { closed, type Standing } from '#lib/outbound/breaker-standing.ts'
import type { Seen } from '#lib/outbound/breaker-items.ts'
import { namedScopes } from '#lib/outbound/limit-scopes.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { epochMs, iso } from '#lib/primitives/clock.ts'
import { token128 } from '#lib/primitives/random.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { checkBody, checkQuery } from './requests.ts'

const unknown: Problem = { code: 'not_found', detail: 'No provider of this name is called.' }
const moved: Problem = {
  code: 'conflict',
  detail: 'It has opened or closed since it was seen. Look again.',
}
const ofAllTenants: Problem = {
  code: 'forbidden',
  detail: 'A breaker is of all tenants, and this token is for some of them.',
}
const problems = { unknown, moved, ofAllTenants }
const badCursor: Problem = {
  code: 'invalid_cursor',
  detail: 'Use the cursor of the page before, with the same filter.',
}
const pageSize = 50
const reads = 8

/** Circuit breakers and rate limits under `/api`: read by the names that the catalog and the connections give, never by a scan. */
export function trafficRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/breakers', async (c) => {
    const query = checkQuery(c, operations.listBreakers.query)
    if (!query.ok) return problem(query.problem, c)
    return c.json({ items: await readBreakers(deps), cursor: null })
  })
  app.post('/breakers/:id/reset', async (c) => {
    const query = checkQuery(c, operations.resetBreaker.query)
    if (!query.ok) return problem(query.problem, c)
    const body = await checkBody(c, operations.resetBreaker.body, true)
    if (!body.ok) return problem(body.problem, c)
    const outcome = await resetBreaker(c.req.param('id'), body.value.version, c.get('caller').tenants, deps)
    return outcome.kind === 'reset' ? c.json(outcome.item) : problem(problems[outcome.kind], c)
  })
  limitRoutes(app, deps)
}

const calledOf = ({ providers }: AdminDeps) => providers.filter(({ api }) => api !== undefined)

/** The breakers of all providers that are called. */
export const readBreakers = (deps: AdminDeps): Promise<readonly BreakerItem[]> =>
  mapBounded(calledOf(deps), reads, ({ id }) => breakerOf(id, deps))

/** `moved`: it is not the breaker that was seen, or it moves at this moment. */
export type ResetOutcome =
  | { readonly kind: 'reset'; readonly item: BreakerItem }
  | { readonly kind: 'unknown' | 'ofAllTenants' | 'moved' }

/** Closes a breaker, where it stands as it was seen; `version` `undefined`: however it stands. */
export async function resetBreaker(
  id: string,
  version: string | null | undefined,
  scope: TenantScope,
  deps: AdminDeps,
): Promise<ResetOutcome> {
  if (!calledOf(deps).some((provider) => provider.id === id)) return { kind: 'unknown' }
  if (scope !== 'all') return { kind: 'ofAllTenants' }
  const item = await reset(id, version, deps)
  return item ? { kind: 'reset', item } : { kind: 'moved' }
}

/** @returns `undefined` where it has moved */
async function reset(
  id: string,
  version: string | null | undefined,
  deps: AdminDeps,
): Promise<BreakerItem | undefined> {
  const seen = await deps.breakers.read(id)
  const { standing } = seen
  if (version !== undefined && version !== (standing.by ?? null)) return undefined
  if (standing.state === 'closed') return toBreakerItem(id, seen, deps)
  const to = closed(standing, token128(deps.random))
  const stands = await deps.breakers.swap(id, standing, to)
  if (stands.by !== to.by) return undefined
  deps.log('info', 'a breaker was reset', { provider: id })
  return toBreakerItem(id, { ...seen, standing: to }, deps)
}

const breakerOf = async (id: string, deps: AdminDeps): Promise<BreakerItem> =>
  toBreakerItem(id, await deps.breakers.read(id), deps)

function toBreakerItem(id: string, { standing, tally }: Seen, { clock }: AdminDeps): BreakerItem {
  const until = standing.openedAt + standing.openMs
  return {
    id,
    status: statusOf(standing, until <= clock.now()),
    openedAt: standing.openedAt > 0 ? iso(epochMs(standing.openedAt)) : null,
    until: standing.state === 'open' ? iso(epochMs(until)) : null,
    failures: tally.failures,
    successes: tally.successes,
    version: standing.by ?? null,
  }
}

const statusOf = ({ state }: Standing, isOver: boolean): BreakerItem['status'] =>
  state === 'open' && isOver ? 'probing' : state

/** The limits of one connection, or the providers' own. */
interface Limited {
  readonly provider: string
  readonly tenant?: string
  readonly id?: string
}

function limitRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/limits', async (c) => {
    const query = checkQuery(c, operations.listLimits.query)
    if (!query.ok) return problem(query.problem, c)
    const { tenant, provider, cursor, limit } = query.value
    const wanted = { tenant, provider, after: cursor, limit: Number(limit ?? pageSize) }
    const found = await readLimits(wanted, c.get('caller').tenants, deps)
    return found ? c.json({ items: found.items, cursor: found.next ?? null }) : problem(badCursor, c)
  })
}

interface WantedLimits {
  /** Whose connections' limits; without one those of the providers for the whole deployment. */
  readonly tenant: string | undefined
  readonly provider: string | undefined
  readonly after: string | undefined
  /** Connections of a page. */
  readonly limit: number
}

/** Limits and how each stands; `undefined` for a cursor that is none. */
export async function readLimits(
  { tenant, provider, after, limit }: WantedLimits,
  scope: TenantScope,
  deps: AdminDeps,
): Promise<{ readonly items: readonly LimitItem[]; readonly next: string | undefined } | undefined> {
  const isWanted = (each: Limited): boolean => provider === undefined || each.provider === provider
  if (tenant === undefined) {
    if (after !== undefined) return undefined
    const all = calledOf(deps).map(({ id }) => ({ provider: id }))
    return { items: await limitsOf(all.filter(isWanted), deps), next: undefined }
  }
  const page = await listConnections({ tenant, after, limit }, scope, deps.connections)
  if (!page) return undefined
  const own = page.connections.filter(({ state }) => state !== 'deleted')
  return { items: await limitsOf(own.filter(isWanted), deps), next: page.next }
}

async function limitsOf(all: readonly Limited[], deps: AdminDeps): Promise<LimitItem[]> {
  const scopes = all.flatMap(({ provider, tenant = null, id }) => {
    const api = deps.providers.find((each) => each.id === provider)?.api
    return namedScopes(provider, id, api).map((scope) => ({ scope, tenant, connection: id ?? null }))
  })
  const now = deps.clock.now()
  const ahead = (at: number): string | null => (at > now ? iso(epochMs(Math.ceil(at))) : null)
  return mapBounded(scopes, reads, async ({ scope, tenant, connection }) => {
    const { next, blockedUntil } = await deps.lines.read(scope)
    return {
      provider: scope.provider,
      tenant,
      connection,
      of: scope.of,
      windows: scope.windows.map(({ limit, windowMs }, i) => ({
        limit,
        windowMs,
        freeAt: ahead(next[i] ?? 0),
      })),
      blockedUntil: ahead(blockedUntil),
    }
  })
}
