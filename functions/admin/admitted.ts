import type { Context } from 'hono'
import type { AdminDeps, AdminEnv } from './deps.ts'

/** What flows need of this request beside the dependencies: whose tenants it may see, and the key of its cursors. */
export const admitted = (deps: AdminDeps, c: Context<AdminEnv>) => ({
  ...deps,
  token: c.get('token'),
  scope: c.get('caller').tenants,
})
export type Admitted = ReturnType<typeof admitted>
