import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { days, seconds } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
let key: SigningKey
beforeAll(async () => {
  ;[tables, key] = await Promise.all([startTables(), signingKey('ES256')])
})
afterAll(() => tables.close())

let clock: VirtualClock
let people: GivenIssuer
let given: GivenAdmin
let id: string
let queued: Envelope[]
/** What the queue does with what it is sent. */
let sending: (envelope: Envelope) => Promise<void>
/** Whether answers can be kept. */
let keeps: boolean
beforeEach(async () => {
  clock = virtualClock()
  people = givenIssuer([key], clock, {})
  queued = []
  keeps = true
  sending = async (envelope) => void queued.push(envelope)
  const send = (command: { constructor: { name: string }; input: object }, more?: object): unknown => {
    const isKeeping = JSON.stringify(command.input).includes('SET answered')
    return isKeeping && !keeps
      ? Promise.reject(new Error('down'))
      : tables.client.send(command as never, more as never)
  }
  given = await givenAdmin(
    { ...tables, client: { send } as unknown as DynamoDBClient },
    {
      clock,
      changes: {
        people: { config: people.config, keys: people.keys, clock },
        bulk: { send: (envelope) => sending(envelope), sendText: async () => undefined },
      },
    },
  )
  id = await given.seed({ key: 'k' })
})

const replay = (idempotencyKey: string, body: unknown = {}, of = id): Promise<Response> =>
  given.api(`/api/events/${of}/replay`, body, { 'idempotency-key': idempotencyKey })
const told = async (response: Response | Promise<Response>) => {
  const settled = await response
  const { id: event, code } = (await settled.json()) as { id?: string; code?: string }
  return [settled.status, event ?? code, settled.headers.get('idempotency-replayed')]
}

describe('B085: the same request with the same key', () => {
  test('is done once, and answered alike, however often it comes', async () => {
    const first = await replay('k1')
    const [again, more] = [await replay('k1'), await replay('k1')]
    expect(await again.text()).toBe(await first.text())
    expect([again.status, more.status]).toEqual([202, 202])
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(queued).toHaveLength(1)
  })

  test('is done again with another key, without one, and a day later', async () => {
    await replay('k1')
    await replay('k2')
    await given.api(`/api/events/${id}/replay`, {})
    await clock.advance(days(1) + 1_000)
    expect((await told(replay('k1')))[2]).toBeNull()
    expect(new Set(queued.map((each) => each.id)).size).toBe(4)
  })

  test('redrives once', async () => {
    const dead = await given.seed({ key: 'd', status: 'dead' })
    const redrive = () => given.api('/api/dead-letters/redrive', { ids: [dead] }, { 'idempotency-key': 'r' })
    const first = await (await redrive()).text()
    const again = await redrive()
    expect([await again.text(), again.headers.get('idempotency-replayed')]).toEqual([first, 'true'])
    expect(queued).toHaveLength(1)
  })

  test('of many at once is done by one; the others are told to ask again', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    sending = async (envelope) => {
      queued.push(envelope)
      await held
    }
    const first = replay('k1')
    while (queued.length === 0) await new Promise(setImmediate)
    const second = await replay('k1')
    expect([second.status, second.headers.get('retry-after')]).toEqual([409, '35'])
    release()
    expect((await first).status).toBe(202)
    expect(await told(replay('k1'))).toEqual([202, queued[0]?.id, 'true'])
    expect(queued).toHaveLength(1)
  })

  test('sends the same event once more where the first try may have sent it', async () => {
    sending = async (envelope) => {
      queued.push(envelope)
      throw new Error('the answer got lost')
    }
    expect(await told(replay('k1'))).toEqual([503, 'unavailable', null])
    sending = async (envelope) => void queued.push(envelope)
    expect((await told(replay('k1')))[0]).toBe(202)
    // The Ledger takes an id once.
    expect(new Set(queued.map((each) => each.id)).size).toBe(1)
    expect(queued).toHaveLength(2)
  })

  test('is taken over where whoever was at it never came back, and sends the same event', async () => {
    keeps = false
    const [status, event] = await told(replay('k1'))
    expect(status).toBe(202)
    expect(given.lines.some((line) => line.includes('could not be kept'))).toBe(true)
    keeps = true
    expect((await replay('k1')).status).toBe(409)
    await clock.advance(seconds(36))
    expect(await told(replay('k1'))).toEqual([202, event, null])
    expect(await told(replay('k1'))).toEqual([202, event, 'true'])
    expect(new Set(queued.map((each) => each.id)).size).toBe(1)
  })

  test('stands in the audit as repeated', async () => {
    await replay('k1')
    await replay('k1')
    const { items } = (await (await given.api('/api/audit')).json()) as { items: { outcome: string }[] }
    expect(items.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'repeated'])
  })
})

describe('B086: another request with the same key', () => {
  test('is refused, and nothing is done', async () => {
    const dead = await given.seed({ key: 'd', status: 'dead' })
    const other = await given.seed({ key: 'e', status: 'dead' })
    const redrive = (ids: string[]) =>
      given.api('/api/dead-letters/redrive', { ids }, { 'idempotency-key': 'r' })
    await redrive([dead])
    expect(await told(redrive([other]))).toEqual([409, 'conflict', null])
    expect(await told(redrive([dead, other]))).toEqual([409, 'conflict', null])
    expect(queued).toHaveLength(1)
  })

  test('is refused also when only its path differs', async () => {
    const other = await given.seed({ key: 'e' })
    await replay('k1')
    expect(await told(replay('k1', {}, other))).toEqual([409, 'conflict', null])
  })

  test('is refused also after the first one failed and may have been done', async () => {
    sending = () => Promise.reject(new Error('down'))
    const other = await given.seed({ key: 'e' })
    await replay('k1')
    expect((await told(replay('k1', {}, other)))[0]).toBe(409)
  })

  test('is taken where the first one was refused: that has done nothing', async () => {
    expect((await replay('k1', { nonsense: true })).status).toBe(400)
    expect((await replay('k1')).status).toBe(202)
  })

  test('is another matter for another person, and for another operation', async () => {
    const as = async (sub: string): Promise<Response> =>
      given.app.request(`/api/events/${id}/replay`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await people.token({ sub, roles: ['operator'] })}`,
          'content-type': 'application/json',
          'idempotency-key': 'k1',
        },
        body: '{}',
      })
    await replay('k1')
    expect((await told(as('ada')))[2]).toBeNull()
    expect((await told(as('bob')))[2]).toBeNull()
    expect((await told(as('ada')))[2]).toBe('true')
    const dead = await given.seed({ key: 'd', status: 'dead' })
    const redrive = given.api('/api/dead-letters/redrive', { ids: [dead] }, { 'idempotency-key': 'k1' })
    expect((await redrive).status).toBe(202)
  })
})

test.each(['', 'a b', 'x'.repeat(256), 'é'])('the key %j is refused, and nothing is done', async (given_) => {
  expect((await replay(given_)).status).toBe(400)
  expect(queued).toEqual([])
})

test('without a table nothing is done', async () => {
  const down = () => Promise.reject(new Error('down'))
  const other = await givenAdmin(tables, {
    clock,
    changes: { answers: { begin: down, keep: down, giveBack: down }, history: given.history },
  })
  const response = await other.api(`/api/events/${id}/replay`, {}, { 'idempotency-key': 'k' })
  expect(response.status).toBeGreaterThanOrEqual(500)
  expect(other.queued).toEqual([])
})
