import { expect, test } from 'vitest'
import { callMetrics } from '#lib/outbound/call-metrics.ts'
import { ms } from '#lib/primitives/clock.ts'
import { givenCall, json, network, type GivenCall } from '#test/fakes/given-call.ts'
import { noted } from '#test/fakes/noted.ts'
import { breakerWorld } from './breaker-world.ts'

/** Makes one call and answers what was counted of it. */
async function counted(given: GivenCall, init?: RequestInit): Promise<string[]> {
  const metrics = noted()
  const world = givenCall({ ...given, tell: callMetrics(metrics) })
  await world.settle(world.fetch('/v1/charges', init)).catch(() => {})
  return metrics.all
}

test('a good answer is a call and its length', async () => {
  const world = givenCall({ reactions: [] })
  const slow = async () => {
    await world.clock.sleep(ms(40))
    return json({})
  }
  const metrics = noted()
  const own = givenCall({ reactions: [slow], tell: callMetrics(metrics), clock: world.clock })
  await own.settle(own.fetch('/v1/charges'))
  expect(metrics.all).toEqual(['CallMade stripe 1', 'CallLatency stripe 40'])
})

test('every attempt counts: one that failed, and the one that came through', async () => {
  expect(await counted({ reactions: [json({}, 503), json({})] })).toEqual([
    'CallMade stripe 1',
    'CallLatency stripe 0',
    'CallFailed stripe 1',
    'CallMade stripe 1',
    'CallLatency stripe 0',
  ])
})

test('a 429 is no failure of the provider, and neither is a 404', async () => {
  const once = { attempts: 1 }
  expect(await counted({ reactions: [json({}, 429)], options: once })).toContain('CallThrottled stripe 1')
  expect(await counted({ reactions: [json({}, 429)], options: once })).not.toContain('CallFailed stripe 1')
  expect(await counted({ reactions: [json({}, 404)] })).toContain('CallRefused stripe 1')
  expect(await counted({ reactions: [json({}, 404)] })).not.toContain('CallFailed stripe 1')
})

test('no answer at all is a failure', async () => {
  const given = { reactions: [network('ECONNRESET')], options: { attempts: 1 } }
  expect(await counted(given)).toContain('CallFailed stripe 1')
})

test('a call that its caller gave up counts for nothing', async () => {
  const giving = new AbortController()
  const never = async () => {
    giving.abort(new Error('enough'))
    throw new Error('enough')
  }
  expect(await counted({ reactions: [never] }, { signal: giving.signal })).toEqual([])
})

test('a call that did not leave is blocked by the breaker, or held by the limit', async () => {
  expect(await counted({ reactions: [json({})], breakerOpenMs: 5_000 })).toEqual(['BreakerBlocked stripe 1'])
  expect(await counted({ reactions: [json({})], waits: [60_000] })).toEqual(['CallLimited stripe 1'])
})

test('an opening is told once, by the worker that made it, and so is the closing', async () => {
  const changes: string[] = []
  const changed = (key: string, state: string): void => void changes.push(`${key} ${state}`)
  const world = breakerWorld({ workers: 2, changed })
  await world.calls(20, 0, 'failure')
  await world.clock.advance(ms(1_500))
  expect(await world.call(1, 'failure')).toBe('open')
  expect(changes).toEqual(['acme open'])

  await world.clock.advance(ms(30_000))
  expect(await world.call(1, 'success')).toBe('probe')
  await world.clock.advance(ms(1_500))
  expect(await world.call(0, 'success')).toBe('pass')
  expect(changes).toEqual(['acme open', 'acme closed'])
})
