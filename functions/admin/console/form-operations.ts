import type { Role } from '#lib/access/caller.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'

/** What a form does: an operation of the API, or something that only the console has. */
export type FormOperation = Pick<Operation, 'id' | 'role'>

/** Forms by their address, with the names in it that say on what. Each takes the role of the operation behind it. */
const forms: readonly (readonly [address: RegExp, operation: FormOperation])[] = [
  [/^\/console\/events\/(?<id>[^/]+)\/replay$/, operations.replayEvent],
  [/^\/console\/dead-letters\/redrive$/, operations.redrive],
  [/^\/console\/connections\/(?<id>[^/]+)\/reconnect$/, operations.createConnectLink],
  [/^\/console\/connections\/(?<id>[^/]+)\/refresh$/, operations.refreshConnection],
  [/^\/console\/connections\/(?<id>[^/]+)\/activate$/, operations.activateConnection],
  [/^\/console\/connections\/(?<id>[^/]+)\/delete$/, operations.deleteConnection],
  [/^\/console\/polls\/run$/, operations.runPoll],
  [/^\/console\/polls\/(?<id>[^/]+)\/backfills$/, operations.startBackfill],
  [/^\/console\/polls\/(?<id>[^/]+)\/backfills\/(?<backfill>[^/]+)\/pause$/, operations.pauseBackfill],
  [/^\/console\/polls\/(?<id>[^/]+)\/backfills\/(?<backfill>[^/]+)\/resume$/, operations.resumeBackfill],
  [/^\/console\/polls\/(?<id>[^/]+)\/backfills\/(?<backfill>[^/]+)\/cancel$/, operations.cancelBackfill],
  [/^\/console\/replays\/plan$/, { id: 'planReplay', role: operations.startReplay.role }],
  [/^\/console\/replays$/, operations.startReplay],
  [/^\/console\/replays\/(?<id>[^/]+)\/pause$/, operations.pauseReplay],
  [/^\/console\/replays\/(?<id>[^/]+)\/resume$/, operations.resumeReplay],
  [/^\/console\/replays\/(?<id>[^/]+)\/cancel$/, operations.cancelReplay],
  [/^\/console\/breakers\/(?<id>[^/]+)\/reset$/, operations.resetBreaker],
  [/^\/console\/logout$/, { id: 'signOut', role: 'viewer' }],
]

interface FoundForm {
  readonly operation: FormOperation
  readonly target: Readonly<Record<string, string>>
}

/** What a form at this address does, and on what; `undefined` where there is none. */
export function formAt(address: string): FoundForm | undefined {
  for (const [pattern, operation] of forms) {
    const found = pattern.exec(address)
    if (found) return { operation, target: { ...found.groups } }
  }
  return undefined
}

/** The role that a form takes: it is shown to those who have it, and refused from all others. */
export const roleFor = (address: string): Role => formAt(address)?.operation.role ?? 'admin'
