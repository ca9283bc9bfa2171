import { expect, test } from 'vitest'
import { givenShell, loopback } from './given.ts'

const poll = `conn_${'a'.repeat(32)}:events`
const id = `bf_${'b'.repeat(32)}`
const item = {
  id,
  status: 'running',
  cause: null,
  since: '2026-01-01T00:00:00.000Z',
  until: null,
  startedAt: '2026-11-21T08:00:00.000Z',
  pages: 1,
  read: 100,
  found: 90,
  total: 400,
  share: 0.25,
  failure: null,
}

/** A shell whose deployment gives these answers, one after the other. */
async function given(answers: readonly object[], errors = false) {
  const deployment = await loopback(() => ({}))
  const asked: string[] = []
  const bodies: unknown[] = []
  const left = [...answers]
  const shell = givenShell({
    change: {
      terminal: { input: false, output: false, errors, columns: 200, color: false },
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
const path = `/api/polls/${encodeURIComponent(poll)}/backfill`

test('starts a backfill of a window, and says which it is', async () => {
  const { shell, asked, bodies } = await given([item])
  const ran = await shell.sluice('polls', 'backfill', poll, '--since', '2026-01-01', '--again')
  expect(ran).toEqual({ code: 0, out: `${id}  running, 25%, 100/400 items read, 90 events\n`, err: '' })
  expect(asked).toEqual([`POST ${path}`])
  expect(bodies).toEqual([{ since: '2026-01-01T00:00:00.000Z', again: true }])
})

test('watches until it is over', async () => {
  const done = { ...item, status: 'done', share: 1, read: 400, found: 400 }
  const { shell, asked } = await given([item, item, { ...item, share: 0.5, read: 200 }, done])
  const ran = await shell.sluice('polls', 'backfill', poll, '--watch')
  expect(ran.code).toBe(0)
  expect(ran.out).toBe(`${id}  done, 100%, 400/400 items read, 400 events\n`)
  expect(ran.err.split('\n')).toHaveLength(4)
  expect(asked.slice(1)).toEqual(Array.from({ length: 3 }, () => `GET ${path}/${id}`))
})

test('shows a bar at a terminal, and takes it away', async () => {
  const { shell } = await given(
    [
      { ...item, share: 0.5 },
      { ...item, status: 'done', share: 1 },
    ],
    true,
  )
  const { err } = await shell.sluice('polls', 'backfill', poll, '--watch')
  expect(err).toContain(`${'█'.repeat(12)}${'░'.repeat(12)} 50%`)
  expect(err.endsWith('\r\u001B[K')).toBe(true)
})

test('fails where what it watches does', async () => {
  const { shell } = await given([item, { ...item, status: 'failed', failure: 'github answered 500' }])
  const ran = await shell.sluice('polls', 'backfill', poll, '--watch', '--json')
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.out)).toMatchObject({ status: 'failed' })
})

test.each(['pause', 'resume', 'cancel'])('can %s one', async (action) => {
  const { shell, asked } = await given([item])
  expect((await shell.sluice('polls', 'backfill', poll, `--${action}`, id)).code).toBe(0)
  expect(asked).toEqual([`POST ${path}/${id}/${action}`])
})

test('lists those that there are', async () => {
  const { shell } = await given([{ items: [item], cursor: null }])
  const { out } = await shell.sluice('polls', 'backfill', poll, '--list')
  expect(out).toContain('25%, 100/400 items read')
})

test.each([
  [['nothing']],
  [[poll, '--pause', 'nothing']],
  [[poll, '--pause', id, '--since', '1d']],
  [[poll, '--since', 'yesterday']],
])('polls backfill %j is refused, and nothing is asked', async (parameters) => {
  const { shell, asked } = await given([])
  expect((await shell.sluice('polls', 'backfill', ...parameters)).code).toBe(2)
  expect(asked).toEqual([])
})
