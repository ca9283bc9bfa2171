import { describe, expect, test } from 'vitest'
import { givenShell, loopback } from './given.ts'

const connection = `conn_${'x'.repeat(32)}`
const item = (more: object = {}) => ({
  id: `${connection}:events`,
  tenant: 'acme',
  provider: 'stripe',
  connection,
  stream: 'events',
  state: 'active',
  cause: null,
  watermark: '1780000000',
  lagMs: 61_000,
  intervalMs: 300_000,
  nextRunAt: '2026-11-21T09:00:00.000Z',
  lastRunAt: '2026-11-21T08:55:00.000Z',
  lastError: null,
  found: 12,
  missed: 3,
  webhooks: 'missing',
  freshness: { state: 'fresh', newestAt: null, seenAt: null },
  ...more,
})

async function given(body: unknown) {
  const shell = givenShell()
  const server = await loopback(() => ({ status: 200, body }))
  shell.stackAt(server.url)
  return { ...shell, server }
}

describe('polls list', () => {
  test('shows how far each is, and what webhooks missed', async () => {
    const items = [
      item(),
      item({
        webhooks: 'none',
        missed: 0,
        watermark: null,
        lagMs: 3 * 86_400_000,
        freshness: { state: 'still' },
      }),
      item({ state: 'blocked', cause: 'revoked', lastError: 'stripe answered 500' }),
    ]
    const { sluice, server } = await given({ items, cursor: null })
    const { code, out } = await sluice('polls', 'list', '--tenant', 'acme', '--provider', 'stripe')
    expect(code).toBe(0)
    expect(server.received.map(({ path }) => path)).toEqual([
      '/api/polls?limit=50&tenant=acme&provider=stripe',
    ])
    expect(out.split('\n').map((line) => line.split(/\s{2,}/).slice(3))).toEqual([
      ['state', 'lag', 'every', 'found', 'missed', 'watermark', 'last error'],
      ['fresh', '1 min', '5 min', '12', '3', '1780000000'],
      ['still', '3 d', '5 min', '12', '-', '-'],
      ['blocked (revoked)', '1 min', '5 min', '12', '3', '1780000000', 'stripe answered 500'],
      [],
    ])
  })

  test('gives a program what the API said, and a person the way on', async () => {
    const page = { items: [item()], cursor: 'acme#x' }
    const { sluice } = await given(page)
    expect(JSON.parse((await sluice('polls', 'list', '--json')).out)).toEqual(page)
    expect((await sluice('polls', 'list')).out).toContain('more: --cursor acme#x')
  })

  test('says what to do where nothing is polled', async () => {
    const { sluice } = await given({ items: [], cursor: null })
    expect((await sluice('polls', 'list')).out).toContain('sluice.config.ts')
  })

  test('what a provider wrote can not steer the terminal', async () => {
    const { sluice } = await given({
      items: [item({ lastError: 'a\u001b[2Jb', watermark: '\u202e1' })],
      cursor: null,
    })
    const { out } = await sluice('polls', 'list')
    for (const mark of ['\u001b', '\u202e']) expect(out).not.toContain(mark)
  })
})

describe('polls run', () => {
  test('asks for a run of the tenant’s stream', async () => {
    const id = `${connection}:messages~Y2hhbm5lbD1DMQ`
    const { sluice, server } = await given({ id, status: 'queued' })
    const { code, out } = await sluice('polls', 'run', id, '--tenant', 'acme')
    expect([code, out]).toEqual([0, `✓ ${id} is read now\n`])
    expect(server.received.map(({ method, path }) => [method, decodeURIComponent(path)])).toEqual([
      ['POST', `/api/polls/${id}/run?tenant=acme`],
    ])
  })

  test.each(['events', connection, `${connection}:a/b`, `${connection}:`])(
    'refuses %s without asking',
    async (id) => {
      const { sluice, server } = await given({})
      expect((await sluice('polls', 'run', id, '--tenant', 'acme')).code).toBe(2)
      expect(server.received).toEqual([])
    },
  )
})
