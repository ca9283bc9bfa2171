import { backfill } from '#lib/config/backfill-defaults.ts'
import { proxy } from '#lib/config/defaults.ts'
import { replaying } from '#lib/config/replay-defaults.ts'
import type { ConcurrencyConfig } from '#lib/config/define-config.ts'
import type { Plan } from './plan.ts'

/**
 * Relations between durations that no single resource can check, and that lose events or handle them twice when broken.
 * Each says what to change.
 */
const relations: readonly (readonly [holds: (plan: Plan) => boolean, otherwise: (plan: Plan) => string])[] = [
  [
    (p) => p.queueVisibility >= 6 * p.timeouts.worker,
    (p) =>
      `queueVisibility (${span(p.queueVisibility)}) must be at least 6 x timeouts.worker (${span(p.timeouts.worker)}), ` +
      `or a message comes back while it is still worked on: raise it to ${span(6 * p.timeouts.worker)}`,
  ],
  [
    (p) => p.leaseMargin >= 2_000,
    (p) =>
      `leaseMargin (${span(p.leaseMargin)}) must be at least 2 s: with skewed clocks the claim would end before the handler's time does`,
  ],
  [
    (p) => p.timeouts.worker + p.leaseMargin <= p.queueVisibility,
    (p) =>
      `timeouts.worker + leaseMargin (${span(p.timeouts.worker + p.leaseMargin)}) must not pass queueVisibility ` +
      `(${span(p.queueVisibility)}), or a message that comes back finds the lease of a worker that is gone: lower leaseMargin`,
  ],
  [
    (p) => p.deadLetterRetention > p.queueRetention,
    (p) =>
      `deadLetterRetention (${span(p.deadLetterRetention)}) must be longer than queueRetention (${span(p.queueRetention)}): ` +
      `SQS counts a message's age from its first queue. Lower queueRetention, 14 d is the most that SQS keeps`,
  ],
  [
    (p) => p.ledgerRetention >= p.queueRetention + p.deadLetterRetention,
    (p) =>
      `ledgerRetention (${span(p.ledgerRetention)}) must be at least queueRetention + deadLetterRetention ` +
      `(${span(p.queueRetention + p.deadLetterRetention)}), or an event is forgotten while a copy of it still waits`,
  ],
  [
    (p) => p.bucketLifetime >= p.deadLetterRetention + p.ledgerRetention,
    (p) =>
      `bucketLifetime (${span(p.bucketLifetime)}) must be at least deadLetterRetention + ledgerRetention ` +
      `(${span(p.deadLetterRetention + p.ledgerRetention)}), or the body of an event that can still be redriven is gone`,
  ],
  [
    (p) => p.maxReceiveCount >= 100 && p.maxReceiveCount <= 1_000,
    (p) =>
      `maxReceiveCount (${p.maxReceiveCount}) must be 100 to 1000: throttling and busy leases use receives up, so it is ` +
      `only a backstop. Limit attempts by retry.maxAttempts in sluice.config.ts`,
  ],
  [
    (p) => p.maxReceiveCount > p.maxAttempts,
    (p) =>
      `maxReceiveCount (${p.maxReceiveCount}) must be above maxAttempts (${p.maxAttempts}), or an event dies without its reason`,
  ],
  [
    (p) => p.retryCap <= 43_200_000,
    (p) => `retryCap (${span(p.retryCap)}) must be at most 12 h, the longest that SQS hides a message`,
  ],
  [
    (p) => p.timeouts.webhook >= 2 * p.ingestBudget && p.timeouts.webhook <= 29_000,
    (p) =>
      `timeouts.webhook (${span(p.timeouts.webhook)}) must be between twice ingestBudget (${span(2 * p.ingestBudget)}), which leaves ` +
      `time to start, and 29 s, where the gateway gives up`,
  ],
  [
    (p) => p.timeouts.admin <= 29_000,
    (p) => `timeouts.admin (${span(p.timeouts.admin)}) must be at most 29 s, where the gateway gives up`,
  ],
  [
    (p) => p.timeouts.proxy > proxy.budgetMs && p.timeouts.proxy <= 29_000,
    (p) =>
      `timeouts.proxy (${span(p.timeouts.proxy)}) must be above the ${span(proxy.budgetMs)} that it gives a call, so that it says what ` +
      `became of it, and at most 29 s, where the gateway gives up`,
  ],
  [
    (p) => p.timeouts.sweeper < p.sweepPeriod,
    (p) =>
      `timeouts.sweeper (${span(p.timeouts.sweeper)}) must be below sweepPeriod (${span(p.sweepPeriod)}), or sweeps overlap`,
  ],
  [
    (p) => p.pollPeriod === 60_000,
    (p) => `pollPeriod (${span(p.pollPeriod)}) must be 1 min: phases are counted in minutes`,
  ],
  [
    (p) => p.pollVisibility >= 6 * p.timeouts.poller,
    (p) =>
      `pollVisibility (${span(p.pollVisibility)}) must be at least 6 x timeouts.poller (${span(p.timeouts.poller)}), ` +
      `or a job comes back while its polls still run: raise it to ${span(6 * p.timeouts.poller)}`,
  ],
  [
    (p) => p.replayVisibility >= 6 * p.timeouts.sweeper,
    (p) =>
      `replayVisibility (${span(p.replayVisibility)}) must be at least 6 x timeouts.sweeper (${span(p.timeouts.sweeper)}), ` +
      `or a slice comes back while it is still sent: raise it to ${span(6 * p.timeouts.sweeper)}`,
  ],
  [
    (p) => p.deadLetterVisibility >= p.timeouts.sweeper,
    (p) =>
      `deadLetterVisibility (${span(p.deadLetterVisibility)}) must be at least timeouts.sweeper ` +
      `(${span(p.timeouts.sweeper)}), or two sweeps work on one message`,
  ],
]

/** @throws Error that names every broken relation and what to change. */
export function checkPlan(plan: Plan, concurrency: ConcurrencyConfig = {}): void {
  const broken = relations.filter(([holds]) => !holds(plan)).map(([, otherwise]) => otherwise(plan))
  const all = [...broken, ...concurrencyFaults(concurrency)]
  if (all.length > 0) throw new Error(['the deployment would not keep its promise:', ...all].join('\n  '))
}

/** Copies of the worker that the queues `events` and `bulk` may start, of the poller that `polls` and `backfills` may, and of the sweeper that `replays` may. */
export function pollers({ worker = 50, poller = 10 }: ConcurrencyConfig): {
  readonly events: number
  readonly bulk: number
  readonly polls: number
  readonly backfills: number
  readonly replays: number
} {
  return {
    events: worker,
    bulk: Math.max(2, Math.floor(worker / 5)),
    polls: poller,
    backfills: backfill.concurrency,
    replays: replaying.concurrency,
  }
}

function concurrencyFaults(concurrency: ConcurrencyConfig): string[] {
  const { events, bulk, polls, backfills, replays } = pollers(concurrency)
  // A tick is one more than the queue starts.
  const needs = [
    ['worker', events + bulk],
    ['poller', polls + backfills + 1],
    ['sweeper', replays + 1],
  ] as const
  return needs.flatMap(([name, starts]) => {
    const reserved = concurrency.reserved?.[name]
    if (reserved === undefined || reserved >= starts) return []
    return [
      `concurrency.reserved.${name} (${reserved}) must be at least ${starts}: the queues start that many copies, ` +
        `and each one refused uses up a receive. Raise it, or lower concurrency.${name}`,
    ]
  })
}

/** @throws Error when it cannot be part of the names of resources. */
export function checkStage(stage: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(stage)) return stage
  throw new Error('the stage must be 1 to 20 of a-z, 0-9 and "-", starting with a letter')
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** 180000 -> `3 min` */
function span(milliseconds: number): string {
  const [size, unit] = units.find(([each]) => milliseconds >= each && milliseconds % each === 0) ?? [1, 'ms']
  return `${milliseconds / size} ${unit}`
}
