import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Envelope } from '#lib/buffer/envelope.ts'
import { hintedBy } from '#lib/polling/declared.ts'
import { readHintJob } from '#lib/polling/hint-job.ts'
import { sqsHints } from '#lib/polling/hint-job.sqs.ts'
import type { Hint } from '#lib/processing/hint.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { envelopeOf, givenWorker, startLedger } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

let table: Tables
beforeAll(async () => {
  table = await startLedger()
})
afterAll(() => table.close())

function given({ polled = ['gmail'], fails = 0 } = {}) {
  let left = fails
  const worker = givenWorker(table, {
    handlers: [
      async () => {
        if ((left -= 1) >= 0) throw new Error('not yet')
      },
    ],
  })
  const sent: Hint[] = []
  const hints = {
    of: (id: string, type: string) => {
      const provider = polled.includes(id) ? findProvider(id) : undefined
      return provider ? hintedBy(provider, type) : []
    },
    send: async (hint: Hint) => void sent.push(hint),
  }
  const envelope = (changes: Partial<Envelope> = {}) =>
    envelopeOf(worker.clock, {
      provider: 'gmail',
      endpoint: 'gmail',
      type: 'unknown',
      account: 'a@example.com',
      ...changes,
    })
  return { ...worker, work: worker.sandbox({ hints }), hints, sent, envelope }
}

test('an event that only says "look" asks for its polls, and costs the table what every event costs', async () => {
  const { work, envelope, sent, requests, record } = given()
  const event = envelope()
  expect(await work([event])).toEqual([])
  expect(requests).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
  expect(sent).toEqual([
    {
      tenant: 'default',
      provider: 'gmail',
      endpoint: 'gmail',
      account: 'a@example.com',
      streams: ['history'],
      at: event.receivedAt,
    },
  ])
  expect(await record(event.id)).toMatchObject({ st: 'done' })
})

test('it asks once, though it comes twice, or its handler fails', async () => {
  const { work, envelope, sent, clock } = given({ fails: 2 })
  const event = envelope()
  for (let round = 0; round < 5; round += 1) {
    await work([event])
    await clock.advance(3_600_000)
  }
  expect(sent).toHaveLength(1)
})

test('what a poll found, a replay, a redrive and what nobody polls ask for nothing', async () => {
  const world = given()
  await world.work([
    world.envelope({ via: 'poll' }),
    world.envelope({ via: 'replay', replayOf: 'evt_1' }),
    world.envelope({ redrive: '1' }),
    world.envelope({ provider: 'google-drive', endpoint: 'google-drive' }),
    world.envelope({ provider: 'stripe', endpoint: 'stripe', type: 'charge.succeeded' }),
  ])
  expect(world.sent).toEqual([])
})

test('each event of a batch asks for itself, and the delivery that they came in does not', async () => {
  const world = given({ polled: ['quickbooks'] })
  const text = JSON.stringify(
    ['1', '2'].map((id) => ({
      specversion: '1.0',
      id: `e-${id}`,
      type: 'qbo.invoice.updated.v1',
      time: '2026-11-21T00:00:00Z',
      intuitentityid: id,
      intuitaccountid: `realm-${id}`,
    })),
  )
  await world.work([
    envelopeOf(world.clock, { provider: 'quickbooks', endpoint: 'quickbooks', type: 'batch', text }),
  ])
  expect(world.sent.map(({ account }) => account)).toEqual(['realm-1', 'realm-2'])
})

test('a queue that takes no hint holds up no event', async () => {
  const world = given()
  const hints = { ...world.hints, send: () => Promise.reject(new Error('away')) }
  const event = world.envelope()
  expect(await world.sandbox({ hints })([event])).toEqual([])
  expect(await world.record(event.id)).toMatchObject({ st: 'done' })
  expect(world.lines.join('\n')).toContain('polls could not be asked for')
})

test('a hint is a message that waits two seconds, so that those of a burst are received before the first is taken', async () => {
  const sqs = mockClient(SQSClient)
  sqs.on(SendMessageCommand).resolves({})
  const world = given()
  const send = sqsHints({ client: sqs as never, queueUrl: 'https://queue/polls' })
  await world.sandbox({ hints: { ...world.hints, send } })([world.envelope()])
  const [call] = sqs.commandCalls(SendMessageCommand)
  expect(call?.args[0].input.DelaySeconds).toBe(2)
  expect(readHintJob(call?.args[0].input.MessageBody ?? '')?.hint).toMatchObject({ streams: ['history'] })
  expect(readHintJob('{"v":1,"due":1,"polls":[]}')).toBeUndefined()
  sqs.restore()
})
