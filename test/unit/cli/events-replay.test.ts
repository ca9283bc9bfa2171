import { expect, test } from 'vitest'
import { givenShell, loopback } from './given.ts'

const id = `rp_${'b'.repeat(32)}`
const item = {
  id,
  status: 'running',
  cause: null,
  tenant: 'default',
  since: '2026-05-28T00:00:00.000Z',
  until: '2026-05-28T02:00:00.000Z',
  mode: 'same-key',
  rate: 50,
  planned: 400,
  counts: { queued: 90, skipped: 10, underway: 0, expired: 0, unreadable: 0 },
  share: 0.25,
  failure: null,
}

/** A shell whose deployment gives these answers, one after the other. */
async function given(answers: readonly object[]) {
  const deployment = await loopback(() => ({}))
  const asked: string[] = []
  const bodies: unknown[] = []
  const left = [...answers]
  const shell = givenShell({
    change: {
      fetch: async (url, init = {}) => {
        asked.push(`${init.method} ${new URL(url).pathname}`)
        if (typeof init.body === 'string') bodies.push(JSON.parse(init.body))
        return Response.json(left.shift())
      },
    },
  })
  shell.stackAt(deployment.url)
  return { shell, asked, bodies }
}

test('replays a window, narrowed and at a pace', async () => {
  const { shell, asked, bodies } = await given([item])
  const ran = await shell.sluice(
    'events',
    'replay',
    '--since',
    '2026-05-28',
    '--type',
    'stripe.*',
    '--rate',
    '20',
    '--forced',
  )
  expect(ran).toEqual({
    code: 0,
    out: `${id}  running, 25%, 100/400 events: 90 queued, 10 skipped\n`,
    err: '',
  })
  expect(asked).toEqual(['POST /api/replays'])
  expect(bodies).toEqual([
    {
      tenant: 'default',
      since: '2026-05-28T00:00:00.000Z',
      filter: { type: 'stripe.*' },
      mode: 'forced',
      rate: 20,
    },
  ])
})

test('says what would be done, and how long it takes', async () => {
  const plan = {
    ...item,
    status: 'planned',
    events: 500,
    queued: 400,
    byProvider: { stripe: 500 },
    byType: { 'stripe.invoice.paid': 500 },
    byStatus: { dead: 400, done: 100 },
    first: '2026-05-28T00:10:00.000Z',
    last: '2026-05-28T01:00:00.000Z',
    seconds: 8,
    countedTo: null,
  }
  const { shell, bodies } = await given([plan, plan])
  const ran = await shell.sluice('events', 'replay', '--since', '2h', '--dry-run')
  expect(ran.out).toContain('400 events of 500 would be sent through again (same-key)\n')
  expect(ran.out).toContain('about 8 s at 50 a second; nothing was changed\n')
  expect(bodies).toMatchObject([{ dryRun: true }])
  const json = await shell.sluice('events', 'replay', '--since', '2h', '--dry-run', '--json')
  expect(JSON.parse(json.out)).toEqual(plan)
})

test('watches until it is over, and says by its code whether it came to its end', async () => {
  const done = { ...item, status: 'done', share: 1 }
  const { shell, asked } = await given([item, { ...item, share: 0.5 }, done])
  const ran = await shell.sluice('events', 'replay', '--since', '2h', '--watch')
  expect([ran.code, ran.out]).toEqual([0, `${id}  done, 100%, 100/400 events: 90 queued, 10 skipped\n`])
  expect(asked).toEqual(['POST /api/replays', `GET /api/replays/${id}`, `GET /api/replays/${id}`])
  const stopped = await given([{ ...item, status: 'paused', cause: 'failures' }])
  expect((await stopped.shell.sluice('events', 'replay', '--since', '2h', '--watch')).code).toBe(1)
})

test('lists replays and stops them', async () => {
  const { shell, asked } = await given([
    { items: [item], cursor: null },
    { ...item, status: 'cancelled' },
  ])
  expect((await shell.sluice('events', 'replay', '--list')).out).toContain(id)
  expect((await shell.sluice('events', 'replay', '--cancel', id)).out).toContain('cancelled')
  expect(asked).toEqual(['GET /api/replays', `POST /api/replays/${id}/cancel`])
})

test('wants one thing at a time', async () => {
  const { shell, asked } = await given([])
  for (const line of [[], ['evt_0', '--since', '2h'], ['--list', '--since', '2h'], ['--cancel', 'x']])
    expect((await shell.sluice('events', 'replay', ...line)).code).toBe(2)
  expect(asked).toEqual([])
})
