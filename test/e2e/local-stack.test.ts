import { statSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StackFile } from '#infra/local/stack-file.ts'
import {
  eventually,
  launch,
  ledgerOf,
  publishedBy,
  startStackProcess,
  temporaryHome,
  type StackProcess,
} from './local-process.ts'

const secret = 'whsec_of_the_end_to_end_test'
const env = { STRIPE_WEBHOOK_SECRET: secret }
const stripe = new Stripe('sk_test_unused')

let place: Awaited<ReturnType<typeof temporaryHome>>
const running = new Set<StackProcess>()

beforeEach(async () => {
  place = await temporaryHome()
})
afterEach(async () => {
  await Promise.all([...running].map((stack) => stack.end('SIGKILL')))
  running.clear()
  await place.remove()
})

async function start(more: Readonly<Record<string, string>> = env): Promise<StackProcess> {
  const stack = await startStackProcess(place.home, place.dataDir, more)
  running.add(stack)
  return stack
}

/** Sends the Stripe event `evt_{n}`, signed by Stripe's own package. */
async function send({ url }: StackFile, n: number): Promise<{ status: number; id: string }> {
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
  const { id } = (await response.json()) as { id: string }
  return { status: response.status, id }
}

const sendAll = (file: StackFile, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => send(file, n)))

/** Waits until every event of `ids` is done. */
const allDone = (file: StackFile, ids: ReadonlySet<string>, withinMs?: number) =>
  eventually(
    `${ids.size} events are done`,
    async () => {
      const done = (await ledgerOf(file)).filter((row) => row.status === 'done' && ids.has(row.id))
      return done.length === ids.size ? done : undefined
    },
    withinMs,
  )

test('signed webhooks are accepted and handled once; sent again, they are dropped', async () => {
  const began = performance.now()
  const { file } = await start()
  const first = await send(file, 0)
  const elapsed = (performance.now() - began) / 1_000
  process.stdout.write(`from nothing to the first accepted webhook: ${elapsed.toFixed(1)} s\n`)
  expect(first.status).toBe(202)

  const sent = await sendAll(file, 40)
  const ids = new Set(sent.map(({ id }) => id))
  expect(ids.size).toBe(40)
  await allDone(file, ids)
  const again = await sendAll(file, 40)
  expect(again).toEqual(sent)

  // A last new event, done after the duplicates before it on the queue have been looked at.
  const { id } = await send(file, 40)
  const done = await allDone(file, new Set([...ids, id]))
  expect(done.every(({ attempts }) => attempts === 1)).toBe(true)
  expect(await ledgerOf(file)).toHaveLength(41)
  const published = (await publishedBy(file)).map(
    ({ detail }) => (detail as { deliverykey: string }).deliverykey,
  )
  expect(published).toHaveLength(41)
  expect(new Set(published).size).toBe(41)
})

test('the API and the console see what was handled; both ask who is there', async () => {
  const { file, output } = await start()
  const { id } = await send(file, 1)
  await allDone(file, new Set([id]))
  const headers = { authorization: `Bearer ${file.adminToken}` }
  const listed = await fetch(`${file.url}/api/events`, { headers })
  expect(await listed.json()).toMatchObject({ items: [{ id, status: 'done', attempts: 1 }] })
  expect((await fetch(`${file.url}/api/events`)).status).toBe(401)
  expect(await (await fetch(`${file.url}/health`)).json()).toMatchObject({ status: 'healthy' })

  // What the functions wrote is what CloudWatch would tell of them; an answer is kept for a minute.
  await eventually('the worker has written its metrics', async () => {
    const log = await readFile(join(place.dataDir, 'logs', 'worker.log'), 'utf8')
    return log.includes('"EventDone":1') || undefined
  })
  const metrics = await fetch(`${file.url}/api/metrics`, { headers })
  expect(await metrics.json()).toMatchObject({
    items: [
      { provider: 'stripe', webhooks: { received: 1 }, events: { done: 1 }, health: { state: 'healthy' } },
    ],
  })

  const link = /http\S+\/console\/login\S+/.exec(output())?.[0] ?? ''
  const signIn = await fetch(link, { redirect: 'manual' })
  expect(signIn.status).toBe(303)
  expect(signIn.headers.getSetCookie()).toHaveLength(1)

  const cookie = signIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const live = await fetch(`${file.url}/console/live?kind=rows&page=/console/events`, { headers: { cookie } })
  expect(live.headers.get('content-type')).toBe('text/event-stream')
  expect(await live.text()).toMatch(new RegExp(`^event: whole\n[^]*${id}[^]*\nretry: 2000\nevent: turn\n`))
})

test('a forged webhook is refused and leaves nothing', async () => {
  const { file } = await start()
  const response = await fetch(`${file.url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'stripe-signature': 't=1,v1=00' },
    body: '{"id":"evt_forged"}',
  })
  expect(response.status).toBe(401)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  const { id } = await send(file, 1)
  await allDone(file, new Set([id]))
  expect(await ledgerOf(file)).toHaveLength(1)
})

test('kill -9 in the middle loses nothing that was accepted', { timeout: 240_000 }, async () => {
  const before = await start()
  const accepted = new Set<string>()
  const enough = Promise.withResolvers<void>()
  const sending = Array.from({ length: 120 }, async (_, n) => {
    try {
      const { status, id } = await send(before.file, n)
      if (status === 202) accepted.add(id)
      if (accepted.size === 40) enough.resolve()
    } catch {
      // Not accepted: the sender will send it again.
    }
  })
  await enough.promise
  await before.end('SIGKILL')
  await Promise.all(sending)
  running.delete(before)

  const { file } = await start()
  const atStart = await ledgerOf(file)
  process.stdout.write(
    `killed with ${accepted.size} accepted, ${atStart.filter(({ status }) => status === 'done').length} done\n`,
  )
  // Those that a killed worker had claimed are free when the lease ends.
  await allDone(file, accepted, 120_000)
  const published = new Set(
    (await publishedBy(file)).map(({ detail }) => (detail as { deliverykey: string }).deliverykey),
  )
  expect(published.size).toBeGreaterThanOrEqual(accepted.size)
})

test('a stop is clean, and the next start knows everything', async () => {
  const first = await start()
  expect(statSync(join(place.dataDir, 'stack.json')).mode & 0o777).toBe(0o600)
  const { id } = await send(first.file, 1)
  await allDone(first.file, new Set([id]))
  expect(await first.end('SIGTERM')).toBe(0)
  running.delete(first)

  // Without the variable: the local Secrets Manager still holds what it was given.
  const second = await start({})
  expect(second.file.adminToken).toBe(first.file.adminToken)
  expect(await ledgerOf(second.file)).toMatchObject([{ id, status: 'done' }])
  expect(await send(second.file, 1)).toEqual({ status: 202, id })
})

test('a second stack on the same folder is refused, and says which process has it', async () => {
  const first = await start()
  const second = launch(place.home, place.dataDir)
  expect(await second.exit).toBe(1)
  expect(second.output()).toContain(`process ${first.file.pid}`)
  expect((await send(first.file, 1)).status).toBe(202)
})

test('a secret in a file that others can read is refused, with the way out', async () => {
  const folder = join(place.home, '.config', 'github')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'webhook_secret'), 'shared')
  await chmod(join(folder, 'webhook_secret'), 0o644)
  const child = launch(place.home, place.dataDir, env)
  expect(await child.exit).toBe(1)
  expect(child.output()).toContain('chmod 600')
  expect(child.output()).not.toContain('shared')
})
