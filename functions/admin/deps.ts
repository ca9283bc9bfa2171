import type { AuditLog } from '#lib/admin/audit.ts'
import type { DiagnosisSources } from '#lib/admin/diagnose.ts'
import type { Probe } from '#lib/admin/health.ts'
import type { Issuer } from '#lib/access/issuer.ts'
import type { Session } from '#lib/admin/session.ts'
import type { KeptAnswers } from '#lib/admin/kept-answers.ts'
import type { SignIns } from '#lib/admin/sign-ins.ts'
import type { UsedLinks } from '#lib/admin/used-links.ts'
import type { History } from '#lib/idempotency/history.ts'
import type { ConnectStore } from '#lib/oauth/connect-store.ts'
import type { BreakerItems } from '#lib/outbound/breaker-items.ts'
import type { LimitLines } from '#lib/outbound/limit-lines.ts'
import type { Random } from '#lib/primitives/random.ts'
import type { ConnectGrant } from '#lib/providers/auth.ts'
import type { ConnectionList } from '#lib/vault/connection-list.ts'
import type { BackfillJobs } from '#lib/polling/backfill-jobs.ts'
import type { Backfills } from '#lib/polling/backfill.ts'
import type { SubscriptionsOf } from '#lib/polling/keeper-end.ts'
import type { Polls } from '#lib/polling/poll-state.ts'
import type { KeyTasks } from '#lib/vault/key-tasks.ts'
import type { Sealer } from '#lib/vault/sealer.ts'
import type { MissedLedger } from '#lib/polling/missed-ledger.ts'
import type { PollJobs } from '#lib/polling/poll-jobs.ts'
import type { Vault } from '#lib/vault/vault.ts'
import type { ReplayDeps } from '#lib/processing/replay.ts'
import type { ReplayJobs } from '#lib/processing/replay-jobs.ts'
import type { PlanDeps } from '#lib/processing/replay-plan.ts'
import type { Replays } from '#lib/processing/replays.ts'
import type { Provider } from '#lib/providers/provider.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { MetricReader } from '#lib/telemetry/metric-reader.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import type { AccessDeps, AccessEnv } from '../common/authenticate.ts'
import type { AuditNotes } from './audited.ts'

/** What the API and the console stand on. */
export interface AdminDeps extends ReplayDeps, AccessDeps {
  readonly history: History
  readonly usedLinks: UsedLinks
  /** Where people sign in to the console; `undefined`: by login links alone. */
  readonly issuer: Issuer | undefined
  /** Who did what. */
  readonly audit: AuditLog
  /** What requests with an `Idempotency-Key` were answered. */
  readonly answers: KeptAnswers
  readonly signIns: SignIns
  readonly breakers: Pick<BreakerItems, 'read' | 'swap'>
  readonly lines: Pick<LimitLines, 'read'>
  /** What must answer for `/health` to say that all is well. */
  readonly probes: Readonly<Record<string, Probe>>
  readonly diagnosis: DiagnosisSources
  readonly providers: readonly Provider[]
  readonly endpoints: readonly (Pick<Endpoint, 'id' | 'provider' | 'tenant'> &
    Partial<Pick<Endpoint, 'tenants'>>)[]
  readonly vault: Vault
  /** Keeps what tenants hand over. Nothing here can open it. */
  readonly seal: Sealer
  readonly connections: Pick<ConnectionList, 'list'>
  readonly polls: Pick<Polls, 'get' | 'list'>
  readonly pollJobs: Pick<PollJobs, 'send'>
  /** What webhooks missed. */
  readonly missed: Pick<MissedLedger, 'list'>
  readonly backfills: Backfills
  /** What is looked after for connections. */
  readonly subscriptions: Pick<SubscriptionsOf, 'of'>
  readonly backfillJobs: BackfillJobs
  /** Replays of windows. */
  readonly replaying: PlanDeps & { readonly replays: Replays; readonly jobs: ReplayJobs }
  readonly metricReader: MetricReader
  readonly keyTasks: Pick<KeyTasks, 'about' | 'ask'>
  readonly connectStore: Pick<ConnectStore, 'addLink' | 'follow'>
  readonly connectGrantOf: (provider: string) => ConnectGrant | undefined
  /** Where browsers may be sent after they have connected. */
  readonly returnTo: readonly string[]
  readonly stage: string
  /** Where this deployment is reached, without a slash at the end. */
  readonly publicUrl: string | undefined
  readonly log: Log
}

/** What Hono carries along with a request. */
export interface AdminEnv extends AccessEnv {
  readonly Variables: AccessEnv['Variables'] & {
    /** Aborts before the function's time is up. */
    readonly signal: AbortSignal
    /** In the console: who has signed in. */
    readonly session: Session
    /** What its audit row is told beside its answer, while it has a row. */
    readonly notes: AuditNotes | undefined
    /** Of a request with an `Idempotency-Key`: the same in each of its tries. */
    readonly random: Random | undefined
  }
}
