import { getContext } from 'hono/context-storage'
import type { Child } from 'hono/jsx'
import { mayAct, type Role } from '#lib/access/caller.ts'
import { formToken } from '#lib/admin/session.ts'
import type { AdminEnv } from '../deps.ts'

/** Forms that take another role than `operator`, by their address. */
const exceptions: readonly (readonly [address: RegExp, role: Role])[] = [[/^\/console\/logout$/, 'viewer']]

/** The role that a form takes: it is shown to those who have it, and refused from all others. */
export const roleFor = (address: string): Role =>
  exceptions.find(([pattern]) => pattern.test(address))?.[1] ?? 'operator'

/** Whether whoever looks at the page may send a form to this address. */
export const maySend = (address: string): boolean =>
  mayAct(getContext<AdminEnv>().get('caller'), roleFor(address))

interface FormProps {
  /** Below `/console`. */
  readonly action: string
  readonly children?: Child
}

/**
 * A form that changes something; every one must be made by this. It is sent once, carries the token of the session, and is
 * not there for those who may not send it.
 */
export function Form({ action, children }: FormProps) {
  if (!maySend(action)) return null
  const c = getContext<AdminEnv>()
  return (
    <form method="post" action={action} data-once>
      <input type="hidden" name="csrf" value={formToken(c.get('token'), c.get('session'))} />
      {children}
    </form>
  )
}
