import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StackFile } from '#infra/local/stack-file.ts'
import type { ReplayItem, ReplayPlanItem } from '#lib/admin/schemas-replays.ts'
import { eventually, ledgerOf, startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'

const secret = 'whsec_of_the_end_to_end_test'
const stripe = new Stripe('sk_test_unused')

let place: Awaited<ReturnType<typeof temporaryHome>>
let stack: StackProcess | undefined
beforeEach(async () => {
  place = await temporaryHome()
})
afterEach(async () => {
  await stack?.end('SIGKILL')
  await place.remove()
})

async function send({ url }: StackFile, n: number): Promise<string> {
  const payload = JSON.stringify({
    id: `evt_${n}`,
    object: 'event',
    type: 'payment_intent.succeeded',
    created: 1_790_000_000,
    data: { object: { id: `pi_${n}`, amount_received: 1_999, currency: 'eur' } },
  })
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret })
  const response = await fetch(`${url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload,
  })
  return ((await response.json()) as { id: string }).id
}

test('a window is planned and replayed by the functions, their queues and their rights as they are deployed', async () => {
  stack = await startStackProcess(place.home, place.dataDir, { STRIPE_WEBHOOK_SECRET: secret })
  const { file } = stack
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(`${file.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${file.adminToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }
  const ids = await Promise.all(Array.from({ length: 6 }, (_, n) => send(file, n)))
  const done = (count: number) => () =>
    ledgerOf(file).then((rows) =>
      rows.filter(({ status }) => status === 'done').length === count ? rows : undefined,
    )
  await eventually('the events are done', done(6))
  const window = {
    tenant: 'default',
    since: new Date(Date.now() - 3_600_000).toISOString(),
    filter: { type: 'stripe.payment_intent.*' },
    mode: 'forced',
  }
  const plan = await ask<ReplayPlanItem>('/api/replays', { ...window, dryRun: true })
  expect(plan).toMatchObject({ events: 6, queued: 6, byProvider: { stripe: 6 } })
  const { id } = await ask<ReplayItem>('/api/replays', window)
  const ended = await eventually(
    'the replay is done',
    async () => {
      const item = await ask<ReplayItem>(`/api/replays/${id}`)
      return item.status === 'done' ? item : undefined
    },
    60_000,
  )
  expect(ended).toMatchObject({ counts: { queued: 6 }, share: 1 })
  const rows = await eventually('the copies are done', done(12), 60_000)
  expect(new Set(rows.map((row) => row.id)).size).toBe(12)
  expect(rows.map((row) => row.id)).toEqual(expect.arrayContaining(ids))
}, 180_000)
