import { composeAccess } from '../common/compose-access.ts'
import { composeCalls } from '../common/compose-calls.ts'
import type { Counted } from '../common/compose-metrics.ts'
import type { ProxyDeps } from './app.ts'

/** Everything that calls from outside need, from the environment. */
export function compose(): ProxyDeps & Counted {
  const { sluice, connections, clock, log, metrics } = composeCalls()
  return { clock, log, metrics, sluice, connections, ...composeAccess({ clock, log }) }
}
