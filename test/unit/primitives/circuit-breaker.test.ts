import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BreakerState } from '#lib/primitives/breaker-state.ts'
import { consecutiveFailures, failureRate } from '#lib/primitives/breaker-trip.ts'
import {
  circuitBreaker,
  CircuitOpenError,
  type CircuitBreakerOptions,
  type Pass,
} from '#lib/primitives/circuit-breaker.ts'
import { epochMs, type Clock, type EpochMs } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const highest: Random = { bytes: (n) => new Uint8Array(n), fraction: () => 0.999_999 }
const open = { baseMs: 1_000, capMs: 60_000 }

function given(options: Partial<CircuitBreakerOptions> = {}, random = highest) {
  let now = 1_780_000_000_000
  const clock: Clock = { ...virtualClock(), now: () => now as EpochMs }
  const breaker = circuitBreaker({ trip: consecutiveFailures(3), open, ...options }, { clock, random })
  const passed = (): Pass => {
    const entry = breaker.enter()
    if (entry.kind === 'open') throw new Error('the breaker is open')
    return entry
  }
  const fail = (times: number): void => {
    for (let i = 0; i < times; i += 1) passed().failure()
  }
  return { breaker, passed, fail, pass: (by: number) => (now += by), now: () => now }
}

describe('a breaker', () => {
  test('opens at the failure that is one too many, and says for how long', () => {
    const { breaker, fail } = given()
    fail(2)
    expect(breaker.state.state).toBe('closed')
    fail(1)
    expect(breaker.enter()).toMatchObject({ kind: 'open', retryAfterMs: 1_000 })
  })

  test('a success between failures begins the count anew', () => {
    const { breaker, passed, fail } = given()
    fail(2)
    passed().success()
    fail(2)
    expect(breaker.state.state).toBe('closed')
  })

  test('lets one probe out when the time is over, and closes on its success', () => {
    const { breaker, passed, fail, pass } = given()
    fail(3)
    pass(1_000)
    const probe = passed()
    expect(probe.kind).toBe('probe')
    expect(breaker.enter().kind).toBe('open')
    probe.success()
    expect(breaker.enter().kind).toBe('closed')
  })

  test('a failed probe opens it for twice as long, up to the cap', () => {
    const { breaker, passed, fail, pass } = given()
    fail(3)
    const waits: number[] = []
    for (let i = 0; i < 9; i += 1) {
      const entry = breaker.enter()
      if (entry.kind !== 'open') throw new Error('it is not open')
      waits.push(entry.retryAfterMs)
      pass(entry.retryAfterMs)
      passed().failure()
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('that fails again soon after it closed is open for longer, and after a calm time is not', () => {
    const { breaker, passed, fail, pass } = given()
    const openFor = (): number => {
      fail(3)
      const entry = breaker.enter()
      if (entry.kind !== 'open') throw new Error('it is not open')
      pass(entry.retryAfterMs)
      passed().success()
      return entry.retryAfterMs
    }
    expect([openFor(), openFor(), openFor()]).toEqual([1_000, 8_000, 60_000])
    pass(60_000)
    expect(openFor()).toBe(1_000)
  })

  test('with several probes needs all of them to succeed', () => {
    const { breaker, passed, fail, pass } = given({ probes: 3 })
    fail(3)
    pass(1_000)
    const probes = [passed(), passed(), passed()]
    expect(breaker.enter().kind).toBe('open')
    probes[0]?.success()
    probes[1]?.success()
    expect(breaker.state.state).toBe('half_open')
    probes[2]?.failure()
    expect(breaker.state.state).toBe('open')
  })

  test('an ignored probe gives its permit back', () => {
    const { passed, fail, pass, breaker } = given()
    fail(3)
    pass(1_000)
    passed().ignore()
    expect(passed().kind).toBe('probe')
    expect(breaker.enter().kind).toBe('open')
  })

  test('a probe that never reports holds nobody for longer than the first open time', () => {
    const { passed, fail, pass, breaker } = given()
    fail(3)
    pass(1_000)
    const lost = passed()
    pass(999)
    expect(breaker.enter().kind).toBe('open')
    pass(1)
    expect(passed().kind).toBe('probe')
    lost.success()
    expect(breaker.state.state).toBe('half_open')
  })

  test('a report counts once, and not at all when the breaker has moved on', () => {
    const { breaker, passed, fail, pass } = given()
    const early = passed()
    fail(3)
    early.success()
    expect(breaker.state.state).toBe('open')
    pass(1_000)
    const probe = passed()
    probe.success()
    probe.failure()
    early.failure()
    early.failure()
    early.failure()
    expect(breaker.state.state).toBe('closed')
  })

  test('ignored answers, such as 429 and other 4xx, never open it', () => {
    const { breaker, passed } = given()
    for (let i = 0; i < 100; i += 1) passed().ignore()
    expect(breaker.state.state).toBe('closed')
  })

  test('its state survives JSON and goes on in another process', () => {
    const { breaker, fail } = given()
    fail(3)
    const initial = JSON.parse(JSON.stringify(breaker.state)) as BreakerState
    const next = given({ initial })
    expect(next.breaker.enter()).toMatchObject({ kind: 'open', retryAfterMs: 1_000 })
    next.pass(1_000)
    next.passed().failure()
    expect(next.breaker.enter()).toMatchObject({ kind: 'open', retryAfterMs: 2_000 })
  })
})

describe('a failure rate', () => {
  const rate = { trip: failureRate({ threshold: 0.5, windowMs: 10_000, minimum: 10 }) }

  test('opens on a host that fails every second time, once there are enough outcomes', () => {
    const { breaker, passed } = given(rate)
    for (let i = 0; i < 9; i += 1) {
      if (i % 2) passed().success()
      else passed().failure()
    }
    expect(breaker.state.state).toBe('closed')
    passed().failure()
    expect(breaker.state.state).toBe('open')
  })

  test('forgets what has left the window', () => {
    const { breaker, fail, pass } = given(rate)
    fail(9)
    pass(10_000)
    fail(9)
    expect(breaker.state.state).toBe('closed')
    fail(1)
    expect(breaker.state.state).toBe('open')
  })

  test('below the threshold stays closed', () => {
    const { breaker, passed } = given(rate)
    for (let i = 0; i < 300; i += 1) {
      if (i % 3 === 2) passed().failure()
      else passed().success()
    }
    expect(breaker.state.state).toBe('closed')
  })

  test('counts from nothing once it has closed again', () => {
    const { breaker, fail, passed, pass } = given(rate)
    fail(10)
    pass(1_000)
    passed().success()
    fail(9)
    expect(breaker.state.state).toBe('closed')
  })
})

describe('running a task', () => {
  test('throws what the task threw, and CircuitOpenError without calling it once open', async () => {
    const { breaker } = given()
    let calls = 0
    const failing = async (): Promise<never> => {
      calls += 1
      throw new Error('down')
    }
    for (let i = 0; i < 3; i += 1) await expect(breaker.run(failing)).rejects.toThrow('down')
    await expect(breaker.run(failing)).rejects.toBeInstanceOf(CircuitOpenError)
    expect(calls).toBe(3)
  })

  test('an aborted call says nothing, and neither does an error that the caller excuses', async () => {
    const aborted = given({ trip: consecutiveFailures(1) }).breaker
    const abort = (): Promise<never> => Promise.reject(new DOMException('x', 'AbortError'))
    await expect(aborted.run(abort)).rejects.toThrow('x')
    expect(aborted.state.state).toBe('closed')

    const excused = given({ trip: consecutiveFailures(1), isFailure: () => false }).breaker
    await expect(excused.run(() => Promise.reject(new Error('404')))).rejects.toThrow('404')
    expect(excused.state.state).toBe('closed')
  })
})

const moves = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('call' as const),
      outcome: fc.constantFrom('success', 'failure', 'ignore', 'lost'),
    }),
    fc.record({ kind: fc.constant('pass' as const), by: fc.integer({ min: 0, max: 90_000 }) }),
    fc.record({ kind: fc.constant('jump' as const), by: fc.integer({ min: -1e9, max: 1e9 }) }),
  ),
  { maxLength: 200 },
)

describe('whatever happens', () => {
  test('an open breaker lets out no more than its probes, and is never open for longer than the cap (I25)', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 4 }), fc.integer(), (sequence, probes, seed) => {
        const { breaker, pass } = given({ probes }, seededRandom(seed))
        for (const move of sequence) {
          if (move.kind !== 'call') {
            pass(move.by)
            continue
          }
          const entry = breaker.enter()
          if (entry.kind === 'open') expect(entry.retryAfterMs).toBeLessThanOrEqual(open.capMs)
          else if (move.outcome !== 'lost') entry[move.outcome as 'success']()
        }
        breaker.enter()
        pass(open.capMs)
        expect(breaker.enter().kind).not.toBe('open')
      }),
      { numRuns: 500 },
    )
  })

  test('of a burst of calls at one instant, only the permitted probes leave', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 1e7 }), (probes, later) => {
        const { breaker, fail, pass } = given({ probes })
        fail(3)
        pass(later)
        const kinds = Array.from({ length: 50 }, () => breaker.enter().kind)
        expect(kinds.filter((kind) => kind === 'probe')).toHaveLength(later >= 1_000 ? probes : 0)
        expect(kinds).not.toContain('closed')
      }),
    )
  })

  test.each([Number.NaN, Infinity, 1e18])('a stored instant of %d is read as the cap (D16)', (until) => {
    const { breaker, pass } = given({ initial: { state: 'open', streak: 1, until: epochMs(until) } })
    expect(breaker.enter()).toMatchObject({ kind: 'open', retryAfterMs: open.capMs })
    pass(open.capMs)
    expect(breaker.enter().kind).toBe('probe')
  })
})

test.each<[string, Partial<CircuitBreakerOptions>]>([
  ['probes', { probes: 0 }],
  ['probes', { probes: 1.5 }],
  ['baseMs', { open: { baseMs: 0, capMs: 1 } }],
  ['baseMs', { open: { baseMs: 2, capMs: 1 } }],
  ['capMs', { open: { baseMs: 1, capMs: Infinity } }],
])('%s out of bounds is refused: %o (B102)', (name, wrong) => expect(() => given(wrong)).toThrow(name))

test.each([
  ['limit', () => consecutiveFailures(0)],
  ['threshold', () => failureRate({ threshold: 1.1, windowMs: 1, minimum: 1 })],
  ['windowMs', () => failureRate({ threshold: 1, windowMs: -1, minimum: 1 })],
  ['minimum', () => failureRate({ threshold: 1, windowMs: 1, minimum: Number.NaN })],
])('a decision refuses a %s out of bounds', (name, make) => expect(make).toThrow(name))

test('a host that is down for an hour is asked once per open time, not more (F63)', () => {
  const { breaker, pass } = given({ open: { baseMs: 1_000, capMs: 60_000 } }, seededRandom(3))
  let sent = 0
  for (let at = 0; at < 3_600_000; at += 100) {
    const entry = breaker.enter()
    if (entry.kind !== 'open') {
      sent += 1
      entry.failure()
    }
    pass(100)
  }
  expect(sent).toBeGreaterThan(60)
  expect(sent).toBeLessThanOrEqual(3 + 6 + 2 * 60)
})

test('a host that is up for 5 s and down for 5 s makes it move six times in ten minutes at most (F64)', () => {
  const trip = failureRate({ threshold: 0.5, windowMs: 60_000, minimum: 20 })
  for (let seed = 0; seed < 50; seed += 1) {
    const { breaker, pass } = given({ trip, open: { baseMs: 30_000, capMs: 900_000 } }, seededRandom(seed))
    let changes = 0
    for (let at = 0; at < 600_000; at += 100) {
      const closed = breaker.state.state === 'closed'
      const entry = breaker.enter()
      if (entry.kind !== 'open') {
        if (at % 10_000 < 5_000) entry.success()
        else entry.failure()
      }
      if (closed !== (breaker.state.state === 'closed')) changes += 1
      pass(100)
    }
    expect(changes).toBeLessThanOrEqual(6)
  }
})
