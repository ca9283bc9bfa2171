import { expect, test } from 'vitest'
import { bulkhead, BulkheadFullError } from '#lib/primitives/bulkhead.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Tasks that run until they are told to end. */
function given(options: { limit: number; queue: number }) {
  const wall = bulkhead(options)
  const running = new Map<string, () => void>()
  const run = (name: string, call?: Parameters<typeof wall.run>[1]) =>
    wall.run(
      () => new Promise<string>((resolve) => running.set(name, () => (running.delete(name), resolve(name)))),
      call,
    )
  const end = async (name: string): Promise<void> => {
    await settled()
    running.get(name)?.()
    await settled()
  }
  return { wall, run, end, running: async () => (await settled(), [...running.keys()]) }
}

test('so many run at a time, the rest in the order of their coming', async () => {
  const { wall, run, end, running } = given({ limit: 2, queue: 2 })
  for (const name of ['a', 'b', 'c', 'd']) void run(name)
  expect(await running()).toEqual(['a', 'b'])
  expect([wall.active, wall.waiting]).toEqual([2, 2])
  await end('b')
  expect(await running()).toEqual(['a', 'c'])
  for (const name of ['a', 'c', 'd']) await end(name)
  expect([wall.active, wall.waiting]).toEqual([0, 0])
})

test('beyond the queue a call is refused at once', async () => {
  const { run } = given({ limit: 1, queue: 1 })
  void run('a')
  void run('b')
  await expect(run('c')).rejects.toEqual(new BulkheadFullError(1, 1))
})

test('a lower rank waits for less', async () => {
  const { run, end, running } = given({ limit: 1, queue: 9 })
  for (const [name, rank] of [
    ['a', 0],
    ['poll', 2],
    ['person', 0],
  ] as const)
    void run(name, { rank })
  await end('a')
  expect(await running()).toEqual(['person'])
})

test('an abort while waiting leaves the queue, and its place in it is free', async () => {
  const { wall, run, end, running } = given({ limit: 1, queue: 1 })
  const controller = new AbortController()
  void run('a')
  const waits = run('b', { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(waits).rejects.toThrow('enough')
  void run('c')
  await end('a')
  expect(await running()).toEqual(['c'])
  await end('c')
  expect(wall.active).toBe(0)
})

test('an abort after the wait is the matter of the task', async () => {
  const { run, end } = given({ limit: 1, queue: 1 })
  const controller = new AbortController()
  const runs = run('a', { signal: controller.signal })
  await settled()
  controller.abort()
  await end('a')
  await expect(runs).resolves.toBe('a')
})

test('a task that fails, even before its first await, gives its place back', async () => {
  const wall = bulkhead({ limit: 1, queue: 0 })
  const failing = (): Promise<never> => {
    throw new Error('at once')
  }
  await expect(wall.run(failing)).rejects.toThrow('at once')
  await expect(wall.run(async () => 'next')).resolves.toBe('next')
})

test('nothing starts under a signal that has aborted', async () => {
  const { wall, run } = given({ limit: 1, queue: 1 })
  await expect(run('a', { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
  expect(wall.active).toBe(0)
})

test.each([
  ['limit', { limit: 0, queue: 0 }],
  ['limit', { limit: Number.NaN, queue: 0 }],
  ['queue', { limit: 1, queue: -1 }],
  ['queue', { limit: 1, queue: Infinity }],
])('%s out of bounds is refused: %o (B102)', (name, wrong) => expect(() => bulkhead(wrong)).toThrow(name))
