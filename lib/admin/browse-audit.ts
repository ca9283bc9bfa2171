import { covers, type TenantScope } from '../access/tenant-scope.ts'
import { admin } from './limits.ts'
import { days, epochMs, iso, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { placeOf, type AuditLog, type AuditRow } from './audit.ts'
import type { Browsed } from './browse.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { AuditItem, AuditQuery } from './schemas-audit.ts'

export interface BrowseAuditDeps {
  readonly audit: Pick<AuditLog, 'list'>
  readonly clock: Clock
  /** Cursors are signed with it. */
  readonly token: Secret
  readonly scope: TenantScope
}

const pageSize = 50
const window = days(7)
/** Reads of a hundred rows for one page; the next page goes on behind them. */
const mostReads = 10

/** What was done, the latest first. Who sees some tenants sees what was done to those, and of it no other tenant's name. */
export async function browseAudit(
  query: AuditQuery,
  signal: AbortSignal,
  { audit, clock, token, scope }: BrowseAuditDeps,
): Promise<Browsed<AuditItem>> {
  const name = JSON.stringify(['audit', query.tenant, query.actor, query.since, query.until])
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, name, token, clock)
  if (query.cursor !== undefined && !cursor) return { kind: 'invalid_cursor' }
  const { since, until } = cursor ?? windowOf(query, clock.now())
  if (since > until || scope.length === 0) return { kind: 'page', items: [], cursor: null }
  const limit = Number(query.limit ?? pageSize)
  const next = (after: string): string => writeCursor({ after, since, until }, name, token, clock)
  const items: AuditItem[] = []
  let after = cursor?.after
  for (let reads = 0; reads < mostReads; reads += 1) {
    const page = await audit.list({ since, until, after }, signal)
    for (const row of page.rows) {
      if (!isWanted(row, query, scope)) continue
      items.push(toAuditItem(row, scope))
      if (items.length < limit) continue
      const isLast = row === page.rows.at(-1) && page.next === undefined
      return { kind: 'page', items, cursor: isLast ? null : next(placeOf(row)) }
    }
    if (page.next === undefined) return { kind: 'page', items, cursor: null }
    after = page.next
  }
  return { kind: 'page', items, cursor: after === undefined ? null : next(after) }
}

/** Never beyond what can be there, however far the question goes. */
function windowOf({ since, until }: AuditQuery, now: EpochMs) {
  const end = Math.max(0, Math.min(until === undefined ? Infinity : Date.parse(until), later(now, days(1))))
  const begin = since === undefined ? end - window : Date.parse(since)
  return { since: epochMs(Math.max(begin, now - admin.auditMs, 0)), until: epochMs(end) }
}

function isWanted({ actor, result }: AuditRow, wanted: AuditQuery, scope: TenantScope): boolean {
  const tenants = result?.tenants ?? []
  if (wanted.actor !== undefined && actor !== wanted.actor) return false
  if (wanted.tenant !== undefined && !tenants.includes(wanted.tenant)) return false
  if (scope === 'all') return true
  return tenants.some((tenant) => covers(scope, tenant) && (wanted.tenant ?? tenant) === tenant)
}

const toAuditItem = (row: AuditRow, scope: TenantScope): AuditItem => ({
  id: row.id,
  at: iso(row.at),
  actor: row.actor,
  role: row.role ?? null,
  via: row.via,
  operation: row.operation,
  target: { ...row.target },
  tenants: (row.result?.tenants ?? []).filter((tenant) => covers(scope, tenant)),
  requestId: row.requestId,
  outcome: row.result?.outcome ?? 'unknown',
  status: row.result?.status ?? null,
  completedAt: row.result ? iso(row.result.completedAt) : null,
})
