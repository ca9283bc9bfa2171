import { expect, test } from 'vitest'
import { listInventory, listProducts } from '#lib/outbound/operations/distru.ts'
import { collect, givenApi } from './given-api.ts'

const product = {
  id: 'a1',
  name: 'Gummies',
  sku: 'G-1',
  unit_price: '12.50',
  updated_datetime: null,
  new_field: 1,
}

test('products are read along the next address, which stays at its origin', async () => {
  const next = 'https://api.example/public/v1/products?page[number]=2&page[size]=500'
  const { client, sent } = givenApi(
    'distru',
    { body: { data: [product], next_page: next } },
    { body: { data: [{ ...product, id: 'a2' }] } },
  )
  const found = await collect(listProducts(client, { updatedSince: '2026-11-01T00:00:00Z' }))
  expect(found.map(({ id }) => id)).toEqual(['a1', 'a2'])
  expect(found[0]).toMatchObject({ unit_price: '12.50', new_field: 1 })
  expect(sent.map(({ target }) => decodeURIComponent(target))).toEqual([
    '/products?updated_datetime=2026-11-01T00:00:00Z,&page[size]=500&page[number]=1',
    next,
  ])
})

test('a next address elsewhere is not followed', async () => {
  const { client, sent } = givenApi('distru', {
    body: { data: [product], next_page: 'https://evil.example/x' },
  })
  await expect(collect(listProducts(client))).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  expect(sent).toHaveLength(1)
})

test('an inventory is counted by product, and by what else is wanted', async () => {
  const stock = { product_id: 'a1', location_id: 'l1', active: '10.0', available: '7.5', reserved: '2.5' }
  const { client, sent } = givenApi('distru', { body: { data: [stock], next_page: null } })
  expect(await collect(listInventory(client, { by: ['LOCATION'] }))).toEqual([stock])
  expect(decodeURIComponent(sent[0]?.target ?? '')).toContain('grouping[]=PRODUCT&grouping[]=LOCATION')
})

test('an amount that is a number, and a filter that is no time, are refused', async () => {
  const { client } = givenApi('distru', { body: { data: [{ ...product, unit_price: 12.5 }] } })
  await expect(collect(listProducts(client))).rejects.toThrow(/at \/unit_price$/)
  expect(() => listProducts(client, { updatedSince: 'yesterday' })).toThrow('/updatedSince')
})

test('a key that ended is an error that only a new one mends', async () => {
  const { client } = givenApi('distru', { status: 401, body: { error: 'Unauthorized' } })
  await expect(collect(listInventory(client))).rejects.toMatchObject({ kind: 'revoked' })
})
