import * as z from 'zod/mini'
import { roles } from '../access/caller.ts'
import { instant, moment, name, orNull, page } from './schemas.ts'

const outcomes = ['done', 'refused', 'failed', 'repeated', 'unknown'] as const

/** Who did what, and what came of it. `unknown`: it was begun, and nothing tells how it ended. */
export const auditItem = z.strictObject({
  id: z.string().check(z.regex(/^[A-Za-z0-9_-]{22}$/)),
  at: instant,
  /** `admin-token`, or `person:` and the subject of a token. */
  actor: z.string(),
  role: orNull(z.enum(roles)),
  via: z.enum(['api', 'console']),
  operation: z.string(),
  /** The names in the path. */
  target: z.record(z.string(), z.string()),
  tenants: z.array(z.string()),
  requestId: z.string(),
  outcome: z.enum(outcomes),
  status: orNull(z.int()),
  completedAt: orNull(instant),
})

export const auditQuery = z.strictObject({
  tenant: z.optional(name),
  actor: z.optional(z.string().check(z.minLength(1), z.maxLength(300))),
  since: z.optional(moment),
  until: z.optional(moment),
  ...page,
})

export type AuditItem = z.infer<typeof auditItem>
export type AuditQuery = z.infer<typeof auditQuery>
