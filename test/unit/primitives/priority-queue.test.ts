import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { priorityQueue } from '#lib/primitives/priority-queue.ts'

const drained = <T>(queue: { readonly size: number; pop(): T | undefined }): T[] =>
  Array.from({ length: queue.size }, () => queue.pop() as T)

test('the lowest rank leaves first, equal ranks in the order of their coming', () => {
  const queue = priorityQueue<string>()
  for (const [item, rank] of [
    ['b1', 1],
    ['c', 2],
    ['a', 0],
    ['b2', 1],
    ['b3', 1],
  ] as const)
    queue.push(item, rank)
  expect(queue.peek()).toBe('a')
  expect(drained(queue)).toEqual(['a', 'b1', 'b2', 'b3', 'c'])
  expect([queue.pop(), queue.peek(), queue.size]).toEqual([undefined, undefined, 0])
})

test('cancelling takes the item out at once, and only once', () => {
  const queue = priorityQueue<string>()
  queue.push('a', 1)
  const cancel = queue.push('b', 0)
  expect([cancel(), cancel(), queue.size]).toEqual([true, false, 1])
  expect(drained(queue)).toEqual(['a'])
})

test('an item that has left can not be cancelled', () => {
  const queue = priorityQueue<string>()
  const cancel = queue.push('a', 0)
  queue.pop()
  queue.push('b', 0)
  expect([cancel(), queue.size]).toEqual([false, 1])
})

test('a rank that is no number is refused', () => {
  expect(() => priorityQueue().push('a', Number.NaN)).toThrow(RangeError)
})

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('push' as const), rank: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ kind: fc.constant('pop' as const) }),
    fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(60) }),
  ),
  { maxLength: 150 },
)

test('is at every step what a sorted list would be', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const queue = priorityQueue<number>()
      let model: { readonly id: number; readonly rank: number }[] = []
      const cancels: (() => boolean)[] = []
      for (const step of sequence) {
        if (step.kind === 'push') {
          const id = cancels.length
          cancels.push(queue.push(id, step.rank))
          model = [...model, { id, rank: step.rank }].toSorted((a, b) => a.rank - b.rank || a.id - b.id)
        } else if (step.kind === 'pop') {
          expect(queue.pop()).toBe(model.shift()?.id)
        } else {
          const was = model.some(({ id }) => id === step.which)
          expect(cancels[step.which]?.() ?? false).toBe(was)
          model = model.filter(({ id }) => id !== step.which)
        }
        expect([queue.size, queue.peek()]).toEqual([model.length, model[0]?.id])
      }
      expect(drained(queue)).toEqual(model.map(({ id }) => id))
    }),
    { numRuns: 500 },
  )
})
