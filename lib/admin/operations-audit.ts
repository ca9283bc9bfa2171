import * as z from 'zod/mini'
import type { Operation } from './operation.ts'
import { auditItem, auditQuery } from './schemas-audit.ts'
import * as traffic from './schemas-traffic.ts'
import * as schemas from './schemas.ts'

/** Operations on what was done, and on what holds calls back. */
export const auditOperations = {
  listAudit: {
    id: 'listAudit',
    method: 'get',
    path: '/api/audit',
    role: 'viewer',
    summary:
      'Who did what, the latest first, for 400 days. Without `since`, the last 7 days. Who may see some tenants sees what was done to those',
    query: auditQuery,
    status: 200,
    answer: schemas.listOf(auditItem),
    problems: [],
  },
  listBreakers: {
    id: 'listBreakers',
    method: 'get',
    path: '/api/breakers',
    role: 'viewer',
    summary: 'The circuit breaker of each provider that is called. It is of the whole deployment',
    query: schemas.noQuery,
    status: 200,
    answer: schemas.listOf(traffic.breakerItem),
    problems: [],
  },
  resetBreaker: {
    id: 'resetBreaker',
    method: 'post',
    path: '/api/breakers/{id}/reset',
    role: 'operator',
    summary:
      'Closes an open breaker: calls go out again within a second. With `version`, only the breaker that was seen. Takes a token for all tenants',
    query: schemas.noQuery,
    body: traffic.breakerReset,
    bodyOptional: true,
    status: 200,
    answer: traffic.breakerItem,
    problems: [404, 409],
  },
  listLimits: {
    id: 'listLimits',
    method: 'get',
    path: '/api/limits',
    role: 'viewer',
    summary:
      "How far the rate limits are used. With `tenant` those of its connections, of which `limit` counts; else the providers' own for the whole deployment",
    query: traffic.limitsQuery,
    status: 200,
    answer: schemas.listOf(traffic.limitItem),
    problems: [],
  },
  exportEvents: {
    id: 'exportEvents',
    method: 'get',
    path: '/api/exports/events',
    role: 'operator',
    summary:
      'A page of events as CSV; the header `Sluice-Cursor` leads to the next one. A cell that a spreadsheet would run begins with an apostrophe',
    query: schemas.eventsQuery,
    isAudited: true,
    produces: 'text/csv',
    status: 200,
    answer: z.string(),
    problems: [],
  },
} as const satisfies Record<string, Operation>
