import { describe, expect, test } from 'vitest'
import { checkPlan, pollers } from '#infra/checks.ts'
import { plan, type Plan } from '#infra/plan.ts'
import config from '#config'
import { template } from './given.ts'

const minute = 60_000
const day = 86_400_000
const timeouts = (change: Partial<Plan['timeouts']>) => ({ timeouts: { ...plan.timeouts, ...change } })

test('the plan that ships keeps every relation', () => expect(() => checkPlan(plan)).not.toThrow())

/** Each breaks one relation by as little as possible, and names what the message must say. */
const broken: readonly (readonly [relation: string, change: Partial<Plan>, says: string])[] = [
  ['visibility < 6 x timeout', { queueVisibility: 6 * plan.timeouts.worker - 1_000 }, 'raise it to 3 min'],
  ['lease < handler timeout', { leaseMargin: -1_000 }, 'leaseMargin'],
  ['a lease without room for skewed clocks', { leaseMargin: 1_999 }, 'leaseMargin'],
  ['a lease longer than the visibility', { leaseMargin: 151_000 }, 'lower leaseMargin'],
  ['DLQ retention <= source', { queueRetention: 14 * day }, 'Lower queueRetention'],
  [
    'done-TTL < retry window + DLQ retention',
    { ledgerRetention: 26 * day, bucketLifetime: 45 * day },
    '27 d',
  ],
  ['S3 lifecycle < retention', { bucketLifetime: 43 * day }, 'bucketLifetime (43 d) must be at least'],
  ['a receive count that ends retries', { maxReceiveCount: 99 }, 'retry.maxAttempts in sluice.config.ts'],
  ['a receive count that SQS refuses', { maxReceiveCount: 1_001 }, '100 to 1000'],
  ['more attempts than receives', { maxAttempts: 1_000 }, 'maxAttempts (1000)'],
  ['a backoff longer than SQS can hide', { retryCap: 721 * minute }, 'at most 12 h'],
  ['no time to start before a webhook is due', timeouts({ webhook: 4_999 }), 'timeouts.webhook (4999 ms)'],
  ['a webhook longer than the gateway waits', timeouts({ webhook: 30_000 }), 'where the gateway gives up'],
  ['an API longer than the gateway waits', timeouts({ admin: 30_000 }), 'timeouts.admin (30 s)'],
  ['a proxy that ends before it can say so', timeouts({ proxy: 27_000 }), 'above the 27 s'],
  ['a proxy longer than the gateway waits', timeouts({ proxy: 30_000 }), 'timeouts.proxy (30 s)'],
  ['turns that no minute has', { pollPeriod: 2 * minute }, 'phases are counted in minutes'],
  ['a job that comes back while its polls run', timeouts({ poller: 3 * minute }), 'raise it to 18 min'],
  [
    'overlapping sweeps',
    { ...timeouts({ sweeper: minute }), deadLetterVisibility: minute, replayVisibility: 6 * minute },
    'sweeps overlap',
  ],
  ['a slice that comes back while it is sent', { replayVisibility: 4 * minute }, 'raise it to 5 min'],
  ['two sweeps at one message', { deadLetterVisibility: 49_000 }, 'deadLetterVisibility (49 s)'],
]

describe('a plan that breaks one relation is refused (B103)', () => {
  test.each(broken)('%s', (_, change, says) => {
    expect(() => checkPlan({ ...plan, ...change })).toThrow(says)
  })

  test('and only that relation is named', () => {
    for (const [relation, change] of broken) {
      const lines = () => checkPlan({ ...plan, ...change })
      expect(lines, relation).toThrow(/^the deployment would not keep its promise:\n {2}[^\n]+$/)
    }
  })

  test('when the template is made, not at the first lost event', async () => {
    const made = template({ plan: { ...plan, queueVisibility: 30_000 } })
    await expect(made).rejects.toThrow('queueVisibility (30 s) must be at least 6 x timeouts.worker (30 s)')
  })
})

test('all that is broken is said at once', () => {
  const both = { ...plan, leaseMargin: 0, retryCap: 13 * 60 * minute }
  expect(() => checkPlan(both)).toThrow(/leaseMargin[^]*retryCap/)
})

test('reserved concurrency below what the queues start is refused, because each refusal uses up a receive', () => {
  expect(pollers({ worker: 10 })).toEqual({ events: 10, bulk: 2, polls: 10, backfills: 2, replays: 2 })
  expect(() => checkPlan(plan, { worker: 10, reserved: { worker: 11 } })).toThrow('must be at least 12')
  expect(() => checkPlan(plan, { worker: 10, reserved: { worker: 12 } })).not.toThrow()
})

test('a config with a fault makes no template', async () => {
  const made = template({ config: { ...config, endpoints: [{ provider: 'strpe' }] } })
  await expect(made).rejects.toThrow('endpoints[0].provider: must be a provider that sends webhooks')
})
