import type { TenantScope } from '#lib/access/tenant-scope.ts'
import type { Measured } from '#lib/admin/read-overview.ts'
import { throttledCalls } from '#lib/admin/throttled-calls.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { seconds, type Millis } from '#lib/primitives/clock.ts'
import { deadlineAfter, raceSignal } from '#lib/primitives/deadline.ts'
import type { AdminDeps } from '../deps.ts'
import { readBreakers } from '../traffic.ts'
import { breakerState } from './overview-parts.tsx'

/** A page does not wait longer for what it can do without. */
const patience = seconds(3)

/**
 * What metrics and breakers add to an overview. They are of all tenants: who sees some of them gets nothing, and so does
 * everyone of what does not answer in time.
 */
export function measuring(deps: AdminDeps) {
  const throttled = throttledCalls(deps)
  return async (within: Millis, scope: TenantScope, signal: AbortSignal): Promise<Measured> => {
    if (scope !== 'all') return {}
    const deadline = deadlineAfter(deps.clock, patience, signal)
    const orNothing = <T>(work: Promise<T>): Promise<T | undefined> =>
      raceSignal(work, deadline.signal).catch((error: unknown) => {
        deps.log('warn', 'a part of the overview could not be measured', { error: describeError(error) })
        return undefined
      })
    const [calls, breakers] = await Promise.all([
      orNothing(throttled(within, signal)),
      orNothing(readBreakers(deps)),
    ])
    deadline.end()
    return {
      throttled: calls,
      breakers: breakers && new Map(breakers.map(({ id, status }) => [id, breakerState(status)])),
    }
  }
}
