import {
  bucketLifetime,
  deadLetterVisibility,
  ingest,
  ledger,
  polling,
  queue,
  queueVisibility,
  retry,
  sweepPeriod,
  worker,
} from '#lib/config/defaults.ts'
import { replaying } from '#lib/config/replay-defaults.ts'

export type FunctionName =
  | 'webhook'
  | 'worker'
  | 'sweeper'
  | 'admin'
  | 'oauth'
  | 'refresher'
  | 'proxy'
  | 'poller'

/** Every duration and limit that the template and the code must agree on, in milliseconds unless named otherwise. */
export interface Plan {
  readonly timeouts: Readonly<Record<FunctionName, number>>
  readonly memoryMb: Readonly<Record<FunctionName, number>>
  readonly ingestBudget: number
  readonly queueVisibility: number
  readonly queueRetention: number
  readonly deadLetterRetention: number
  /** How long the sweeper hides a message of a dead-letter queue that it is working on. */
  readonly deadLetterVisibility: number
  readonly maxReceiveCount: number
  readonly maxAttempts: number
  readonly retryCap: number
  /** A claim holds for the worker's timeout and this much more. */
  readonly leaseMargin: number
  readonly ledgerRetention: number
  readonly bucketLifetime: number
  readonly sweepPeriod: number
  /** What is due for a refresh is looked for this often. */
  readonly refreshPeriod: number
  /** Polls whose turn it is are put on their queue this often; no phase is shorter than this. */
  readonly pollPeriod: number
  readonly pollVisibility: number
  readonly pollRetention: number
  readonly replayVisibility: number
  /** A job that kills so many starts of the poller is set aside; its polls have other turns. */
  readonly pollReceives: number
  /** Requests per second and burst that the gateway lets through. */
  readonly throttle: Readonly<Record<'webhook' | 'admin', { readonly rate: number; readonly burst: number }>>
}

/**
 * The plan that the code is written for. Init takes no longer on less memory, but the first call does: 512 MB is where
 * it stays under 300 ms.
 */
export const plan: Plan = {
  timeouts: {
    webhook: 10_000,
    worker: worker.timeoutMs,
    sweeper: 50_000,
    admin: 25_000,
    oauth: 25_000,
    refresher: 58_000,
    proxy: 29_000,
    poller: polling.timeoutMs,
  },
  memoryMb: {
    webhook: 512,
    worker: 512,
    sweeper: 512,
    admin: 512,
    oauth: 512,
    refresher: 512,
    proxy: 512,
    poller: 512,
  },
  ingestBudget: ingest.budgetMs,
  queueVisibility,
  queueRetention: queue.retentionMs,
  deadLetterRetention: queue.deadLetterRetentionMs,
  deadLetterVisibility,
  maxReceiveCount: queue.maxReceiveCount,
  maxAttempts: retry.maxAttempts,
  retryCap: retry.capMs,
  leaseMargin: worker.leaseMarginMs,
  ledgerRetention: ledger.retentionMs,
  bucketLifetime,
  sweepPeriod,
  refreshPeriod: sweepPeriod,
  pollPeriod: sweepPeriod,
  pollVisibility: 6 * polling.timeoutMs,
  pollRetention: polling.jobRetentionMs,
  replayVisibility: replaying.visibilityMs,
  pollReceives: polling.jobReceives,
  throttle: { webhook: { rate: 1_000, burst: 2_000 }, admin: { rate: 50, burst: 100 } },
}
