import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventItem } from '#lib/admin/schemas.ts'
import type { MissedItem, PollItem } from '#lib/admin/schemas-polls.ts'
import { eventually, startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'
import { signInOverHttp } from './sign-in.ts'

const repository = join(import.meta.dirname, '..', '..')
/** A minute of the schedule is two seconds here, and a webhook may be three seconds late. */
const env = { SLUICE_SCHEDULE_SECONDS: '2', SLUICE_MISSED_GRACE_SECONDS: '3' }

let place: Awaited<ReturnType<typeof temporaryHome>>
let stack: StackProcess
beforeAll(async () => {
  place = await temporaryHome()
  stack = await startStackProcess(place.home, place.dataDir, env)
})
afterAll(async () => {
  await stack?.end('SIGKILL')
  await place?.remove()
})

/** What the command line prints for a program. */
async function sluice<T>(...parameters: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['cli/sluice.mjs', '--json', ...parameters],
    { cwd: repository, env: { PATH: process.env['PATH'], HOME: place.home, SLUICE_DATA_DIR: place.dataDir } },
  )
  return JSON.parse(stdout) as T
}

async function api<T>(path: string, file = stack.file): Promise<readonly T[]> {
  const headers = { authorization: `Bearer ${file.adminToken}` }
  const answer = (await (await fetch(`${file.url}${path}`, { headers })).json()) as { items: T[] }
  return answer.items
}

const events = () => api<EventItem>('/api/events?provider=sandbox&limit=100')
const polls = () => api<PollItem>('/api/polls?provider=sandbox')
/** The changes that were first brought this way; a delivery of a webhook has an id of its own. */
const keysVia = (items: readonly EventItem[], way: string) =>
  items.filter((each) => each.via === way).map(({ deliveryKey }) => deliveryKey)

interface Changed {
  readonly account: string
  readonly webhooks: Readonly<Record<string, number>>
  readonly dropped: readonly string[]
}

test('what webhooks of the sandbox lost is found by its poll, once each, and counted as missed', async () => {
  const link = await sluice<{ url: string }>('connect', 'sandbox', '--tenant', 'acme')
  expect(await signInOverHttp(link.url, 'alice')).toContain('Connected')
  const poll = await eventually('the poll is made', async () => (await polls())[0])
  expect(poll).toMatchObject({ tenant: 'acme', stream: 'changes', missed: 0 })

  const changed = await sluice<Changed>('sandbox', 'change', '--count', '20', '--drop', '5', '--double', '3')
  expect(changed).toMatchObject({
    account: 'alice',
    webhooks: { delivered: 18, dropped: 5, doubled: 3, failed: 0 },
  })
  expect(changed.dropped).toHaveLength(5)

  await sluice('polls', 'run', poll.id, '--tenant', 'acme')
  const all = await eventually('the poll brought the rest', async () => {
    const found = await events()
    return found.length === 20 && found.every(({ status }) => status === 'done') ? found : undefined
  })
  // What a webhook tells of too may come by either way first, and comes once.
  expect(keysVia(all, 'poll')).toEqual(expect.arrayContaining([...changed.dropped]))
  expect(new Set(keysVia(all, 'poll')).size).toBe(keysVia(all, 'poll').length)
  expect(all.every(({ tenant, attempts }) => tenant === 'acme' && attempts === 1)).toBe(true)

  const counted = await eventually(
    'the missed are counted',
    async () => (await polls()).find(({ missed }) => missed > 0),
    150_000,
  )
  expect(counted).toMatchObject({ id: poll.id, missed: 5, webhooks: 'missing' })
  const missed = await api<MissedItem>('/api/missed-webhooks?tenant=acme')
  expect(missed.reduce((sum, { missed: count }) => sum + count, 0)).toBe(5)
  expect(await events()).toHaveLength(20)
}, 240_000)

test('a webhook that is late and not lost is handled once', async () => {
  const before = (await events()).length
  const sent = async () => (await sluice<Changed>('sandbox', 'status')).webhooks['delivered'] ?? 0
  const delivered = await sent()
  const [poll] = await polls()
  const { webhooks } = await sluice<Changed>('sandbox', 'change', '--delay', '1')
  expect(webhooks).toMatchObject({ delivered: 0, delayed: 1 })
  await sluice('polls', 'run', poll?.id ?? '', '--tenant', 'acme')
  await eventually('the poll brought it', async () => (await events()).length === before + 1)
  await eventually('its webhook came', async () => (await sent()) === delivered + 1)
  expect(await events()).toHaveLength(before + 1)
}, 120_000)

test('changes, accounts and faults outlive a kill -9 of the stack', async () => {
  await sluice('sandbox', 'faults', '--drop-next', '2')
  await stack.end('SIGKILL')
  stack = await startStackProcess(place.home, place.dataDir, env)
  const { webhooks } = await sluice<Changed>('sandbox', 'change', '--count', '3')
  expect(webhooks).toMatchObject({ dropped: 2, delivered: 1 })
  const count = (await events()).length
  const [poll] = await polls()
  await sluice('polls', 'run', poll?.id ?? '', '--tenant', 'acme')
  await eventually('the poll brought the two', async () => (await events()).length >= count + 2)
}, 120_000)
