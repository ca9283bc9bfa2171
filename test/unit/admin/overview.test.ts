import { describe, expect, test } from 'vitest'
import { overviewOf, sumOf, type OverviewFacts } from '#lib/admin/overview.ts'
import type { ListedRecord } from '#lib/idempotency/history.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { epochMs, hours, later, minutes, type EpochMs } from '#lib/primitives/clock.ts'

const until = epochMs(Date.parse('2026-11-21T12:00:00Z'))
const window = { since: later(until, 0 - hours(24)), until, isCut: false }
const at = (hoursAgo: number): EpochMs => later(until, -hoursAgo * 3_600_000)

const record = (provider: string, hoursAgo: number, more: Partial<ListedRecord> = {}): ListedRecord =>
  ({
    provider,
    st: 'done',
    receivedAt: at(hoursAgo),
    completedAt: later(at(hoursAgo), 100),
    ...more,
  }) as ListedRecord

const seen = (facts: Partial<OverviewFacts>) =>
  overviewOf({ records: [], polls: [], missed: [], known: [], ...facts }, window)

describe('an overview', () => {
  test('counts the events of each provider by the hour, its edges included', () => {
    const records = [record('stripe', 24), record('stripe', 23.5), record('stripe', 0), record('github', 12)]
    const { providers, events, spanMs } = seen({ records })
    const stripe = providers.find(({ provider }) => provider === 'stripe')
    expect(spanMs).toBe(3_600_000)
    expect(events).toBe(4)
    expect(stripe?.events).toHaveLength(24)
    expect([stripe?.events[0], stripe?.events.at(-1), sumOf(stripe?.events ?? [])]).toEqual([2, 1, 3])
  })

  test('an event that came while it was read, or by a clock that goes before, is of the last hour', () => {
    expect(seen({ records: [record('stripe', -0.01)] }).providers[0]?.events.at(-1)).toBe(1)
  })

  test('dead events and those that wait for another attempt fail; parked and claimed ones do not', () => {
    const records = (['dead', 'retry', 'parked', 'claimed', 'done'] as const).map((st) =>
      record('stripe', 1, { st }),
    )
    const overview = seen({ records })
    expect([overview.failing, overview.dead]).toEqual([2, 1])
    expect(sumOf(overview.providers[0]?.failing ?? [])).toBe(2)
  })

  test('p95 is the nearest rank of what is done, and nothing where nothing is', () => {
    const took = (span: number) => record('stripe', 1, { completedAt: later(at(1), span) })
    const hundred = Array.from({ length: 100 }, (_, index) => took(index + 1))
    expect(seen({ records: hundred }).p95Ms).toBe(95)
    expect(seen({ records: [took(7)] }).p95Ms).toBe(7)
    const { p95Ms, providers } = seen({ records: [record('stripe', 1, { st: 'dead' })] })
    expect([p95Ms, providers[0]?.p95sMs.every((each) => each === null)]).toEqual([null, true])
  })

  test('those that fail most stand first, and one that is known is shown although nothing came', () => {
    const records = [
      record('quiet', 1),
      record('busy', 1),
      record('busy', 2),
      record('bad', 1, { st: 'dead' }),
    ]
    const { providers } = seen({ records, known: ['silent'] })
    expect(providers.map(({ provider }) => provider)).toEqual(['bad', 'busy', 'quiet', 'silent'])
  })

  test('freshness is that of the worst stream, with the longest lag', () => {
    const poll = (provider: string, completeAt: EpochMs): Poll =>
      ({
        provider,
        state: 'active',
        phase: { every: 5, slot: 0 },
        createdAt: completeAt,
        completeAt,
        lastRunAt: 0,
      }) as Poll
    const polls = [poll('slack', later(until, 0 - minutes(1))), poll('slack', at(5)), poll('github', until)]
    const of = new Map(seen({ polls }).providers.map(({ provider, freshness }) => [provider, freshness]))
    expect(of.get('slack')).toEqual({ state: 'late', streams: 2, lagMs: 5 * 3_600_000 })
    expect(of.get('github')).toMatchObject({ state: 'fresh', lagMs: 0 })
    expect(seen({ known: ['stripe'] }).providers[0]?.freshness).toBeNull()
  })

  test('what is not measured is not said to be zero', () => {
    const [plain] = seen({ known: ['slack'] }).providers
    expect([plain?.throttled, plain?.breaker]).toEqual([null, null])
    const point = (hoursAgo: number, value: number) => ({ at: at(hoursAgo), value })
    const [measured] = seen({
      known: ['slack'],
      throttled: new Map([['slack', [point(25, 9), point(24, 2), point(0.5, 1), point(0.25, 3)]]]),
      breakers: new Map([['slack', 'open' as const]]),
    }).providers
    expect(measured?.throttled).toEqual([2, ...Array.from({ length: 22 }, () => 0), 4])
    expect(measured?.breaker).toBe('open')
  })

  test('a provider that is only called is shown while it is not well; one that never said 429 has none', () => {
    const { providers } = seen({
      known: ['stripe'],
      throttled: new Map([['slack', [{ at: at(1), value: 1 }]]]),
      breakers: new Map([
        ['github', 'half_open' as const],
        ['xero', 'closed' as const],
      ]),
    })
    expect(providers.map(({ provider }) => provider)).toEqual(['github', 'slack', 'stripe'])
    expect(sumOf(providers[2]?.throttled ?? [1])).toBe(0)
  })
})
