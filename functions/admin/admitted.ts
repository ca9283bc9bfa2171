import type { Context } from 'hono'
import { concerns } from './audited.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'

/**
 * What flows need of this request beside the dependencies: whose tenants it may see, the key of its cursors, its own chance,
 * and where it says whose things it touches.
 */
export const admitted = (deps: AdminDeps, c: Context<AdminEnv>) => ({
  ...deps,
  token: c.get('token'),
  scope: c.get('caller').tenants,
  random: c.get('random') ?? deps.random,
  touches: (tenant: string): void => concerns(c, tenant),
})
export type Admitted = ReturnType<typeof admitted>
