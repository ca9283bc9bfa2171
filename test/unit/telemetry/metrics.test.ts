import { expect, test } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { flushing } from '#lib/telemetry/flushing.ts'
import { emfMetrics } from '#lib/telemetry/metrics.ts'

function given(write?: (line: string) => void) {
  const lines: string[] = []
  const metrics = emfMetrics({
    write: write ?? ((line) => void lines.push(line)),
    now: () => epochMs(5),
    stage: 'test',
  })
  const read = () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  return { metrics, lines, read }
}

test('what one invocation notes of a provider is one line, with sums and single lengths', () => {
  const { metrics, read } = given()
  metrics.count('CallMade', { provider: 'stripe' })
  metrics.count('CallMade', { provider: 'stripe' }, 2)
  metrics.measure('CallLatency', 12, { provider: 'stripe' })
  metrics.measure('CallLatency', 30, { provider: 'stripe' })
  metrics.flush()

  expect(read()).toEqual([
    {
      _aws: {
        Timestamp: 5,
        CloudWatchMetrics: [
          {
            Namespace: 'Sluice',
            Dimensions: [['stage'], ['stage', 'provider']],
            Metrics: [
              { Name: 'CallMade', Unit: 'Count' },
              { Name: 'CallLatency', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      stage: 'test',
      provider: 'stripe',
      CallMade: 3,
      CallLatency: [12, 30],
    },
  ])
})

test('each set of dimensions has a line of its own, and a reason is counted for its provider and the stage too', () => {
  const { metrics, read } = given()
  metrics.count('PollSetback', { provider: 'github', reason: 'held' })
  metrics.count('PollSetback', { provider: 'github', reason: 'failed' })
  metrics.count('SpillSwept', {}, 7)
  metrics.flush()

  const lines = read()
  expect(lines.map(({ provider, reason }) => [provider, reason])).toEqual([
    ['github', 'held'],
    ['github', 'failed'],
    [undefined, undefined],
  ])
  expect(JSON.stringify(lines[0])).toContain('[["stage"],["stage","provider"],["stage","provider","reason"]]')
  expect(JSON.stringify(lines[2])).toContain('"Dimensions":[["stage"]]')
})

test('nothing is written twice, and nothing where nothing was noted', () => {
  const { metrics, lines } = given()
  metrics.flush()
  metrics.count('EventDone', { provider: 'stripe' })
  metrics.flush()
  metrics.flush()
  expect(lines).toHaveLength(1)
})

test('no line has more than the 100 values of a metric that CloudWatch takes, and none is lost', () => {
  const { metrics, read } = given()
  for (let i = 0; i < 250; i += 1) metrics.measure('EventLatency', i, { provider: 'stripe' })
  metrics.flush()

  const values = read().map(({ EventLatency }) => EventLatency as number[])
  expect(values.map(({ length }) => length)).toEqual([100, 100, 50])
  expect(values.flat()).toEqual(Array.from({ length: 250 }, (_, i) => i))
})

test('a length below zero, as of a clock that is wrong, is zero', () => {
  const { metrics, read } = given()
  metrics.measure('WebhookAge', -3, { provider: 'stripe' })
  metrics.flush()
  expect(read()[0]?.['WebhookAge']).toEqual([0])
})

test('never throws, also where nothing can be written', () => {
  const { metrics } = given(() => {
    throw new Error('EPIPE')
  })
  metrics.count('EventDone', { provider: 'stripe' })
  expect(() => metrics.flush()).not.toThrow()
})

test('a handler has written what it noted when it has answered, and when it has thrown', async () => {
  const { metrics, lines } = given()
  const handler = flushing(metrics, async (fails: boolean) => {
    metrics.count('EventDone', { provider: 'stripe' })
    if (fails) throw new Error('no')
    return 'done'
  })

  expect(await handler(false)).toBe('done')
  expect(lines).toHaveLength(1)
  await expect(handler(true)).rejects.toThrow('no')
  expect(lines).toHaveLength(2)
})
