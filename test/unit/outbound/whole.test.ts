import { expect, test } from 'vitest'
import { wholeOf } from '#lib/outbound/whole.ts'
import { givenApi } from './operations/given-api.ts'

test.each([
  ['stripe', 'v1.billing.meter.error_report_triggered', { id: 'evt_65' }, '/v2/core/events/evt_65'],
  ['stripe', 'v2.core.account.updated', { id: 'evt_66' }, '/v2/core/events/evt_66'],
  ['quickbooks', 'qbo.invoice.updated.v1', { intuitentityid: '95' }, '/invoice/95'],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: '1' }, '/Customer/1'],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: 1 }, '/Customer/1'],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: '../../x?a#b' }, '/Customer/..%2F..%2Fx%3Fa%23b'],
])('%s %s: the thing is fetched from its own path', async (id, type, data, path) => {
  const { client, sent } = givenApi(id, { body: { Id: '95', SyncToken: '3' } })
  expect(await wholeOf(client, { type: `${id}.${type}`, data })).toEqual({ Id: '95', SyncToken: '3' })
  expect(sent.map(({ method, target }) => `${method} ${target}`)).toEqual([`GET ${path}`])
})

test.each([
  [{ dotNumber: 9999997, docketNumber: 'MC1' }, '?DOTNumber=9999997&DocketNumber=MC1'],
  [{ dotNumber: 9999997, docketNumber: null }, '?DOTNumber=9999997'],
  [{ docketNumber: 'MC1&x=1' }, '?DocketNumber=MC1%26x%3D1'],
])('MyCarrierPackets: a carrier with the numbers %j is asked for by those', async (carrier, query) => {
  const { client, sent } = givenApi('mycarrierpackets', { body: { LegalName: 'Carrier' } })
  const event = { type: 'mycarrierpackets.carrier.packet.completed', data: { eventData: { carrier } } }
  expect(await wholeOf(client, event)).toEqual({ LegalName: 'Carrier' })
  expect(sent.map(({ method, target }) => `${method} ${target}`)).toEqual([
    `POST /api/v1/Carrier/GetCarrierData${query}`,
  ])
})

test.each([
  ['stripe', 'charge.succeeded', { id: 'evt_1' }],
  ['quickbooks', 'qbo.invoice.deleted.v1', { intuitentityid: '95' }],
  ['quickbooks', 'Customer.Merge', { name: 'Customer', id: '1' }],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: '..' }],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: '' }],
  ['quickbooks', 'Customer.Update', { name: 'Customer', id: { $ne: 1 } }],
  ['quickbooks', 'Customer.Update', { name: 'Customer' }],
  ['quickbooks', 'Customer.Update', 'no document'],
  ['github', 'push', {}],
])('%s %s %j asks for nothing', async (id, type, data) => {
  const { client, sent } = givenApi(id, { body: {} })
  expect(await wholeOf(client, { type: `${id}.${type}`, data })).toBeUndefined()
  expect(sent).toEqual([])
})

test('what is gone meanwhile is an error that says so', async () => {
  const body = { Fault: { Error: [{ code: '610', Message: 'Object Not Found' }] } }
  const { client } = givenApi('quickbooks', { status: 400, body })
  const event = { type: 'quickbooks.qbo.invoice.updated.v1', data: { intuitentityid: '95' } }
  await expect(wholeOf(client, event)).rejects.toMatchObject({ kind: 'missing' })
})

test('an error inside a 200 is no thing', async () => {
  const body = { Fault: { Error: [{ code: '3202', Message: 'no' }] } }
  const { client } = givenApi('quickbooks', { body })
  const event = { type: 'quickbooks.qbo.invoice.updated.v1', data: { intuitentityid: '95' } }
  await expect(wholeOf(client, event)).rejects.toMatchObject({ kind: 'forbidden' })
})

test('the client of another provider is a mistake', async () => {
  const { client, sent } = givenApi('slack', { body: {} })
  await expect(wholeOf(client, { type: 'stripe.v2.x', data: { id: 'evt_1' } })).rejects.toThrow(TypeError)
  expect(sent).toEqual([])
})
