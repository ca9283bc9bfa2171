import { expect, test } from 'vitest'
import { listCompletedPackets, readCarrier } from '#lib/outbound/operations/mycarrierpackets.ts'
import { givenApi } from './given-api.ts'

test('a carrier is asked for by POST, with its numbers in the address', async () => {
  const carrier = {
    DOTNumber: 12_345,
    DocketNumber: 'MC12345',
    LegalName: 'Acme Trucking',
    DBAName: null,
    CertData: {},
  }
  const { client, sent } = givenApi('mycarrierpackets', { body: carrier })
  expect(await readCarrier(client, { dotNumber: 12_345, docketNumber: 'MC12345' })).toEqual(carrier)
  expect(sent[0]).toMatchObject({
    method: 'POST',
    target: '/api/v1/Carrier/GetCarrierData?DOTNumber=12345&DocketNumber=MC12345',
    body: '',
  })
})

test.each([
  ['needs a number', {}],
  ['/dotNumber', { dotNumber: 0 }],
  ['/docketNumber', { docketNumber: '12345' }],
])('a carrier without a good number is not asked for: %s', async (place, input) => {
  const { client, sent } = givenApi('mycarrierpackets')
  await expect(readCarrier(client, input)).rejects.toThrow(place)
  expect(sent).toEqual([])
})

test('packets that were completed come in one answer, for a window in local time', async () => {
  const packet = {
    DOTNumber: 1,
    DocketNumber: 'MC1',
    LegalName: 'Acme',
    CompletedDate: '2026-11-20T10:00:00',
  }
  const { client, sent } = givenApi('mycarrierpackets', { body: [packet] })
  const window = { from: '2026-11-20T00:00:00', to: '2026-11-21T00:00:00' }
  expect(await listCompletedPackets(client, window)).toEqual([packet])
  expect(decodeURIComponent(sent[0]?.target ?? '')).toBe(
    '/api/v1/Carrier/CompletedPackets?fromDate=2026-11-20T00:00:00&toDate=2026-11-21T00:00:00',
  )
  await expect(listCompletedPackets(client, { from: window.to, to: window.from })).rejects.toThrow(
    'end before',
  )
  await expect(listCompletedPackets(client, { ...window, to: '2026-11-21T00:00:00Z' })).rejects.toThrow('/to')
})

test('what is no list, and a failure, are errors', async () => {
  const window = { from: '2026-11-20T00:00:00', to: '2026-11-21T00:00:00' }
  const odd = givenApi('mycarrierpackets', { body: [{ DOTNumber: '1' }] })
  await expect(listCompletedPackets(odd.client, window)).rejects.toThrow(/at \/0\/DOTNumber$/)
  const failing = givenApi('mycarrierpackets', { status: 500, body: { Message: 'An error has occurred.' } })
  await expect(listCompletedPackets(failing.client, window)).rejects.toMatchObject({ kind: 'unavailable' })
})
