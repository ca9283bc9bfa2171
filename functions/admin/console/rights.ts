import { getContext } from 'hono/context-storage'
import { mayAct } from '#lib/access/caller.ts'
import { formToken } from '#lib/admin/session.ts'
import type { AdminEnv } from '../deps.ts'
import { roleFor } from './form-operations.ts'

/** Whether whoever looks at the page may send a form to this address. */
export const maySend = (address: string): boolean =>
  mayAct(getContext<AdminEnv>().get('caller'), roleFor(address))

/** What every form of the session at hand carries. */
export function csrfToken(): string {
  const c = getContext<AdminEnv>()
  return formToken(c.get('token'), c.get('session'))
}
