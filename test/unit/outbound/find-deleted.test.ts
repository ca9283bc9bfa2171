import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findDeleted } from '#lib/outbound/find-deleted.ts'

async function* list(ids: readonly string[], error?: Error) {
  for (const id of ids) yield { id }
  if (error) throw error
}
const idOf = ({ id }: { readonly id: string }): string => id

test('what was known, is not in the list and is not there is deleted', async () => {
  const asked: string[] = []
  const isGone = async (id: string) => {
    asked.push(id)
    return id === 'a'
  }
  expect(await findDeleted(['a', 'b', 'a', 'c'], list(['c', 'd']), { idOf, isGone })).toEqual(['a'])
  expect(asked).toEqual(['a', 'b'])
})

test('a list that was not read to its end tells of no deletion', async () => {
  const asked: string[] = []
  const isGone = async (id: string) => asked.push(id) > 0
  const items = list(['b'], new Error('503'))
  await expect(findDeleted(['a', 'b'], items, { idOf, isGone })).rejects.toThrow('503')
  expect(asked).toEqual([])
})

test('what becomes known while the list is read is not missing in it', async () => {
  const known = new Set(['a'])
  async function* items() {
    known.add('new')
    yield { id: 'a' }
  }
  expect(await findDeleted(known, items(), { idOf, isGone: async () => true })).toEqual([])
})

test('pages by offset, from which others are deleted while they are read, make nothing deleted that is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 30 }), fc.nat(30), async (deletions, size) => {
      const there = Array.from({ length: size }, (_, index) => String(index))
      const known = [...there]
      async function* pages() {
        for (let offset = 0; offset < there.length; offset += 3) {
          yield* there.slice(offset, offset + 3).map((id) => ({ id }))
          there.splice(deletions.shift() ?? there.length, 1)
        }
      }
      const isGone = async (id: string) => !there.includes(id)
      const deleted = await findDeleted(known, pages(), { idOf, isGone })
      expect(deleted.filter((id) => there.includes(id))).toEqual([])
    }),
  )
})
