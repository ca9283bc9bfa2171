import { composeAccess } from '../common/compose-access.ts'
import { composeCalls } from '../common/compose-calls.ts'
import type { ProxyDeps } from './app.ts'

/** Everything that calls from outside need, from the environment. */
export function compose(): ProxyDeps {
  const { sluice, connections, clock, log } = composeCalls()
  return { clock, log, sluice, connections, ...composeAccess({ clock, log }) }
}
