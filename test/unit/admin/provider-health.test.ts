import { describe, expect, test } from 'vitest'
import { healthOf, type RecentFacts } from '#lib/admin/provider-health.ts'

const quiet: RecentFacts = {
  calls: 0,
  failed: 0,
  throttled: 0,
  blocked: 0,
  isBreakerOpen: false,
  received: 0,
  unavailable: 0,
  missed: 0,
  lagMs: undefined,
}
const of = (facts: Partial<RecentFacts>) => healthOf({ ...quiet, ...facts })

describe('the health of a provider', () => {
  test('S58: is unknown, never healthy, where nothing was noted lately', () => {
    expect(of({})).toEqual({
      state: 'unknown',
      evidence: ['nothing was called, read or received in the last 15 minutes'],
    })
  })

  test.each([
    ['calls that came through', { calls: 40 }, '40 calls, 0% failed'],
    ['one failure of hundreds', { calls: 400, failed: 1 }, '400 calls, 0.3% failed'],
    ['webhooks', { received: 3 }, 'webhooks received: 3'],
    ['a poll that has just read', { lagMs: 90_000 }, 'what is known is at most 2 min old'],
  ])('is healthy by %s', (_, facts, evidence) =>
    expect(of(facts)).toEqual({ state: 'healthy', evidence: [evidence] }),
  )

  test.each([
    ['more than 1% of its calls fail', { calls: 100, failed: 2 }, '2% of 100 calls failed'],
    ['one of few calls fails', { calls: 4, failed: 1 }, '25% of 4 calls failed'],
    ['it sends more than 5% away', { calls: 100, throttled: 6 }, '6% of 100 calls were too many for it'],
    ['what is known is over an hour old', { lagMs: 3_600_001 }, 'what is known is 61 min old'],
    ['webhooks were missed', { calls: 30, missed: 2 }, 'changes that no webhook brought: 2'],
    ['webhooks could not be stored', { received: 9, unavailable: 1 }, 'webhooks that got a 503: 1'],
  ])('is degraded when %s', (_, facts, evidence) =>
    expect(of(facts)).toEqual({ state: 'degraded', evidence: [evidence] }),
  )

  test.each([
    [
      'its breaker is open',
      { blocked: 3, isBreakerOpen: true },
      'its breaker is open; calls that it held back: 3',
    ],
    ['half of its calls fail', { calls: 10, failed: 5 }, '50% of 10 calls failed'],
  ])('is down when %s', (_, facts, evidence) =>
    expect(of(facts)).toEqual({ state: 'down', evidence: [evidence] }),
  )
})
