import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { polling } from '#lib/config/defaults.ts'
import { minutes, ms } from '#lib/primitives/clock.ts'
import { judgeMissed, type JudgeDeps } from '#lib/polling/missed.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { dynamoMissedPolls } from '#lib/polling/missed-polls.dynamo.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import { dynamoSightings } from '#lib/polling/sightings.dynamo.ts'
import { envelopeOf, givenWorker } from '#test/fakes/given-worker.ts'
import { createConnections, createTables, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
let made = 0
beforeAll(async () => {
  tables = await startTables()
  await createTables(tables.client, 'ledger', 'control')
  await createConnections(tables.client, 'connections')
})
afterAll(() => tables.close())

const never = new AbortController().signal
const atOnce = polling.graceMs + 2 * 60_000

/** A worker, a poll of a connection that nobody else has, and the judge; time of their own, far from the others'. */
async function given(handler: () => void = () => {}) {
  made += 1
  const worker = givenWorker(tables, { handlers: [handler] })
  const { clock, counted } = worker
  await clock.advance(ms(made * 86_400_000))
  const id = { connection: `conn_${String(made).padStart(32, '0')}`, stream: 'charges' }
  const about = { ...id, tenant: `tenant-${made}`, provider: 'stripe' }
  const polls = dynamoPolls({ client: tables.client, table: 'connections', clock })
  await polls.create({ ...about, endpoint: 'stripe', phase: phaseFor(id, 5), createdAt: clock.now() })
  const missed = dynamoMissedLedger({ client: tables.client, table: 'control' })
  const deps: JudgeDeps = {
    clock,
    sightings: dynamoSightings({ client: tables.client, table: 'control' }),
    missed,
    missedPolls: dynamoMissedPolls({ client: tables.client, table: 'connections' }),
    log: () => {},
    metrics: worker.deps.metrics,
  }
  // The one before has judged another day.
  await missed.setJudged(Math.floor((clock.now() - polling.graceMs) / 60_000) - 1)
  const envelope = (via: 'poll' | 'webhook', key: string, more: Partial<Envelope> = {}): Envelope =>
    envelopeOf(clock, {
      tenant: about.tenant,
      deliveryKey: key,
      via,
      text: `{"id":"${key}","via":"${via}"}`,
      ...(via === 'poll' && { poll: id }),
      ...more,
    })
  const wanted = () => ({
    tenant: about.tenant,
    since: ms(0) as never,
    until: clock.now(),
    after: undefined,
    limit: 50,
  })
  return {
    ...worker,
    id,
    about,
    polls,
    deps,
    envelope,
    judge: (changes: Partial<JudgeDeps> = {}) => judgeMissed(never, { ...deps, ...changes }),
    ledger: async () => (await missed.list(wanted(), never)).items,
    count: (name: string) => counted.filter((each) => each === name).length,
  }
}

describe('a change that a poll found', () => {
  test('and no webhook brought is missed once the grace time is over, and not before', async () => {
    const { work, envelope, clock, judge, ledger, polls, id, about, count } = await given()
    await work([envelope('poll', 'evt_1'), envelope('poll', 'evt_2')])
    await clock.advance(ms(polling.graceMs - 1_000))
    expect(await judge()).toBe(0)
    await clock.advance(minutes(2))
    expect(await judge()).toBe(2)
    expect(await ledger()).toEqual([{ ...about, count: 2, at: expect.any(Number) as number }])
    expect(await polls.get(id)).toMatchObject({ missed: 2, missedAt: expect.any(Number) as number })
    expect(count('WebhookMissed')).toBe(1)
  })

  test('and a webhook brought after it, within the grace time and twice, is not missed', async () => {
    const { work, envelope, clock, judge, ledger, count } = await given()
    await work([envelope('poll', 'evt_1')])
    await clock.advance(ms(polling.graceMs - 1_000))
    await work([envelope('webhook', 'evt_1'), envelope('webhook', 'evt_1')])
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(0)
    expect(await ledger()).toEqual([])
    expect(count('EventDone')).toBe(1)
    expect(count('WebhookLate')).toBe(0)
  })

  test('and a webhook brought too late is missed, and told as late', async () => {
    const { work, envelope, clock, judge, count } = await given()
    await work([envelope('poll', 'evt_1')])
    await clock.advance(ms(atOnce))
    await work([envelope('webhook', 'evt_1')])
    expect(await judge()).toBe(1)
    expect(count('WebhookLate')).toBe(1)
  })

  test('and a webhook had brought before confirms the webhook, and writes nothing more than its refused claim', async () => {
    const { work, envelope, clock, judge, count, requests } = await given()
    await work([envelope('webhook', 'evt_1')])
    expect(requests).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
    requests.length = 0
    await work([envelope('poll', 'evt_1')])
    expect(requests).toEqual(['UpdateItemCommand'])
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(0)
    expect(count('WebhookConfirmed')).toBe(1)
  })

  test('costs one write more than a webhook, and a webhook that comes after it one more than its refused claim', async () => {
    const { work, envelope, requests } = await given()
    await work([envelope('poll', 'evt_1')])
    expect(requests).toHaveLength(3)
    requests.length = 0
    await work([envelope('webhook', 'evt_1')])
    expect(requests).toHaveLength(2)
  })

  test('of a stream that no webhook brings is not counted', async () => {
    const { work, envelope, clock, judge, requests } = await given()
    const { poll: _, ...plain } = envelope('poll', 'evt_1')
    await work([plain])
    expect(requests).toHaveLength(2)
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(0)
  })

  test('whose handler fails once is missed once', async () => {
    let runs = 0
    const { work, envelope, clock, judge } = await given(() => {
      runs += 1
      if (runs === 1) throw new Error('not yet')
    })
    const found = envelope('poll', 'evt_1')
    await work([found])
    await clock.advance(minutes(3))
    await work([found])
    expect(runs).toBe(2)
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(1)
  })

  test('whose handler failed, and that a webhook brought to its end, is not missed whatever comes after', async () => {
    let runs = 0
    const { work, envelope, clock, judge } = await given(() => {
      runs += 1
      if (runs <= 2) throw new Error('not yet')
    })
    const found = envelope('poll', 'evt_1')
    await work([found])
    await clock.advance(ms(1_000))
    await work([envelope('webhook', 'evt_1')])
    await clock.advance(ms(1_000))
    await work([found])
    expect(runs).toBe(3)
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(0)
  })

  test('is handled where the sighting can not be noted', async () => {
    const { work, envelope, faults, count, lines } = await given()
    faults.before = (_, input) => {
      if ((input as { TableName?: string }).TableName === 'control') throw new Error('no connection')
    }
    expect(await work([envelope('poll', 'evt_1')])).toEqual([])
    expect(count('EventDone')).toBe(1)
    expect(lines.join('\n')).toContain('could not be noted')
  })
})

describe('the judge', () => {
  test('counts a minute once where it died before it was through', async () => {
    const { work, envelope, clock, judge, deps, ledger, polls, id } = await given()
    await work([envelope('poll', 'evt_1'), envelope('poll', 'evt_2'), envelope('poll', 'evt_3')])
    await clock.advance(ms(atOnce))
    let isCounted = false
    const dying: JudgeDeps['missed'] = {
      ...deps.missed,
      set: async (missed) => {
        await deps.missed.set(missed)
        isCounted = true
      },
      setJudged: (minute) =>
        isCounted ? Promise.reject(new Error('the function ended')) : deps.missed.setJudged(minute),
    }
    await expect(judge({ missed: dying })).rejects.toThrow('ended')
    expect((await polls.get(id))?.missed).toBe(3)
    expect(await judge()).toBe(3)
    expect(await judge()).toBe(0)
    expect((await ledger()).map(({ count }) => count)).toEqual([3])
    expect((await polls.get(id))?.missed).toBe(3)
  })

  test('makes up for minutes in which it did not run', async () => {
    const { work, envelope, clock, judge, ledger } = await given()
    for (const key of ['evt_1', 'evt_2', 'evt_3']) {
      await work([envelope('poll', key)])
      await clock.advance(minutes(7))
    }
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(3)
    expect((await ledger()).map(({ count }) => count)).toEqual([1, 1, 1])
  })

  test('leaves the lease of a run alone', async () => {
    const { work, envelope, clock, judge, polls, id } = await given()
    await work([envelope('poll', 'evt_1')])
    await clock.advance(ms(atOnce))
    const leased = await polls.lease(id, {
      owner: 'me',
      until: (clock.now() + 60_000) as never,
      due: clock.now(),
    })
    if (leased.kind !== 'leased') throw new Error(leased.kind)
    await judge()
    expect(await polls.release(leased.lease, { found: 1 })).toBe('saved')
    expect(await polls.get(id)).toMatchObject({ missed: 1, found: 1 })
  })

  test('makes no poll of one that is gone', async () => {
    const { work, envelope, clock, judge, polls, id } = await given()
    await work([envelope('poll', 'evt_1')])
    await polls.remove(id)
    await clock.advance(ms(atOnce))
    expect(await judge()).toBe(1)
    const key = { pk: { S: `poll#${id.connection}` }, sk: { S: id.stream } }
    const { Item } = await tables.client.send(new GetItemCommand({ TableName: 'connections', Key: key }))
    expect(Item).toBeUndefined()
  })

  test('takes the same few calls a minute, whatever there is', async () => {
    const { clock, judge } = await given()
    let calls = 0
    const client = { send: (command: object) => ((calls += 1), tables.client.send(command as never)) }
    const counting = {
      sightings: dynamoSightings({ client: client as never, table: 'control' }),
      missed: dynamoMissedLedger({ client: client as never, table: 'control' }),
    }
    await clock.advance(minutes(1))
    await judge()
    await clock.advance(minutes(1))
    await judge(counting)
    expect(calls).toBe(6)
  })
})
