import { describe, expect, test } from 'vitest'
import { givenShell, loopback, type Received, type Reply } from './given.ts'

const event = (index: number, change: object = {}) => ({
  id: `evt_${index}`,
  tenant: 'default',
  provider: 'stripe',
  type: 'charge.refunded',
  status: 'done',
  attempts: 1,
  via: 'webhook',
  deliveryKey: `key_${index}`,
  receivedAt: '2026-06-01T10:00:00.000Z',
  completedAt: '2026-06-01T10:00:01.000Z',
  reason: null,
  ...change,
})

async function givenApi(answer: (request: Received) => Reply) {
  const shell = givenShell()
  const server = await loopback(answer)
  shell.stackAt(server.url)
  return { ...shell, server }
}

const query = ({ path }: Received) => new URL(path, 'http://api').searchParams

const sentBody = ({ body }: Received) =>
  JSON.parse(body.toString('utf8')) as { ids?: string[]; reason?: string; cursor?: string }

/** 250 events in pages of 100, the last one dead. */
const manyEvents = (request: Received): Reply => {
  const from = Number(query(request).get('cursor') ?? 0)
  const limit = Number(query(request).get('limit'))
  const all = Array.from({ length: 250 }, (_, at) => event(at, at === 249 ? { status: 'dead' } : {}))
  const end = from + limit
  return { body: { items: all.slice(from, end), cursor: end < all.length ? String(end) : null } }
}

describe('events list', () => {
  test('shows the newest and counts every event of the window by status', async () => {
    const { sluice, server } = await givenApi(manyEvents)

    const { code, out } = await sluice('events', 'list', '--limit', '2', '--since', '2026-06-01')

    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      expect.stringMatching(/^received +id +status +tries +event +reason$/),
      expect.stringMatching(/^2026-06-01 .* evt_0 +done +1 +stripe\.charge\.refunded$/),
      expect.stringMatching(/evt_1/),
      '',
      '250 events since 2026-06-01T00:00:00.000Z: 249 done, 1 dead',
      '',
    ])
    expect(server.received).toHaveLength(3)
    expect(server.received[0]?.headers.authorization).toBe('Bearer local-token')
  })

  test('--json gives one page as the API gives it, with the filters handed on', async () => {
    const { sluice, server } = await givenApi(manyEvents)

    const filters = [
      '--status',
      'done',
      '--provider',
      'stripe',
      '--type',
      'charge.refunded',
      '--tenant',
      'acme',
    ]
    const { out } = await sluice('events', 'list', '--json', '--limit', '50', '--cursor', '100', ...filters)

    expect(JSON.parse(out)).toEqual({
      items: Array.from({ length: 50 }, (_, at) => event(at + 100)),
      cursor: '150',
    })
    const [request] = server.received
    expect(Object.fromEntries(request ? query(request) : [])).toMatchObject({
      status: 'done',
      provider: 'stripe',
      type: 'charge.refunded',
      tenant: 'acme',
      limit: '50',
    })
    // The cursor belongs to a list that was asked for without a time.
    expect(request && query(request).has('since')).toBe(false)
  })

  test('--summary --json counts and nothing else', async () => {
    const { sluice } = await givenApi(manyEvents)

    const { out } = await sluice('events', 'list', '--summary', '--json')

    expect(JSON.parse(out)).toMatchObject({ total: 250, cut: false, counts: { done: 249, dead: 1 } })
  })

  test('a window without end is counted up to a limit, and that is said', async () => {
    const items = Array.from({ length: 100 }, (_, at) => event(at))
    const { sluice, server } = await givenApi(() => ({ body: { items, cursor: 'more' } }))

    expect((await sluice('events', 'list', '--summary')).out).toMatch(/^more than 5,000 events since/)
    expect(server.received).toHaveLength(50)
  })

  test('what came from outside can not steer the terminal', async () => {
    const hostile = event(1, { type: '\u001B]0;x\u0007\u202Etxt', reason: 'a\nb\u009B31m' })
    const { sluice } = await givenApi(() => ({ body: { items: [hostile], cursor: null } }))

    const { out } = await sluice('events', 'list')
    const { out: document } = await sluice('events', 'list', '--json')

    expect(out).toContain(String.raw`stripe.\u001b]0;x\u0007\u202etxt`)
    expect(out).toContain(String.raw`a\u000ab\u009b31m`)
    for (const character of ['\u001B', '\u0007', '\u202E', '\u009B']) {
      expect(out).not.toContain(character)
      expect(document).not.toContain(character)
    }
    expect(JSON.parse(document).items).toEqual([hostile])
  })
})

test('events show prints what is known as a table, and the payload below it', async () => {
  const payload = { state: 'shown', data: { amount: 5, email: '[redacted]' }, truncated: false }
  const timeline = [{ at: '2026-06-01T10:00:00.000Z', what: 'received and stored' }]
  const whole = { ...event(1), steps: [], timeline, payload }
  const { sluice, server } = await givenApi(() => ({ body: whole }))

  const { out } = await sluice('events', 'show', 'evt_1')

  expect(out).toMatch(/^id +evt_1\n/)
  expect(out).toMatch(/\n\n2026-06-01 \S+ +received and stored\n\n/)
  expect(out).not.toContain('steps')
  expect(out).toContain('\npayload\n{\n  "amount": 5,\n  "email": "[redacted]"\n}\n')
  expect(JSON.parse((await sluice('events', 'show', 'evt_1', '--json')).out)).toEqual(whole)
  await sluice('events', 'show', '../../x?y')
  expect(server.received.at(-1)?.path).toBe('/api/events/..%2F..%2Fx%3Fy')
})

test('events replay names the new event', async () => {
  const { sluice, server } = await givenApi(() => ({ status: 202, body: { id: 'evt_2' } }))

  const { code, out } = await sluice('events', 'replay', 'evt_1')

  expect([code, out]).toEqual([0, '✓ evt_1 is replayed as evt_2\n'])
  expect(server.received[0]).toMatchObject({ method: 'POST', path: '/api/events/evt_1/replay' })
})

test('events tail prints each event once per status, oldest first, through a restart, until interrupted', async () => {
  const looks: Reply[] = [
    { body: { items: [event(2, { status: 'claimed' }), event(1)], cursor: null } },
    { body: { items: [event(2, { status: 'claimed' }), event(1)], cursor: null } },
    'drop',
    { body: { items: [event(2), event(1)], cursor: null } },
  ]
  const shell = await givenApi(() => {
    if (looks.length === 0) shell.interrupt()
    return looks.shift() ?? 'drop'
  })

  const interrupted = await shell.sluice('events', 'tail', '--json')

  const lines = interrupted.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'evt_1 done',
    'evt_2 claimed',
    'evt_2 done',
  ])
  expect(interrupted.err).toMatch(/does not answer/)
  expect(interrupted.code).toBe(130)
})

test('console prints the link alone on standard output', async () => {
  const link = { url: 'http://127.0.0.1/console/login?link=x', expiresAt: '2026-06-01T10:00:00.000Z' }
  const { sluice, server } = await givenApi(() => ({ status: 202, body: link }))

  const { out, err } = await sluice('console')

  expect([out, err]).toEqual([`${link.url}\n`, expect.stringMatching(/^Works once, until 2026-06-01/)])
  expect(server.received[0]).toMatchObject({ method: 'POST', path: '/api/login-links' })
})

describe('dead-letters', () => {
  const dead = (index: number) => event(index, { status: 'dead', reason: 'handler_failed', attempts: 8 })

  test('list shows each with its reason', async () => {
    const { sluice } = await givenApi(() => ({ body: { items: [dead(1)], cursor: 'next' } }))

    const { out } = await sluice('dead-letters', 'list')

    expect(out).toMatch(/evt_1 +dead +8 +stripe\.charge\.refunded +handler_failed\n\nmore: --cursor next\n$/)
  })

  test('list reads on where a page is empty although the list is not', async () => {
    const { sluice } = await givenApi((request) => {
      const last = query(request).get('cursor') === 'last'
      return { body: last ? { items: [dead(1)], cursor: null } : { items: [], cursor: 'last' } }
    })

    expect(JSON.parse((await sluice('dead-letters', 'list', '--json')).out)).toEqual({
      items: [dead(1)],
      cursor: null,
    })
  })

  const redriveApi = (request: Received): Reply => {
    if (request.method === 'GET') {
      const from = Number(query(request).get('cursor') ?? 0)
      const items = Array.from({ length: Math.min(100, 150 - from) }, (_, at) => dead(from + at))
      return { body: { items, cursor: from === 0 ? '100' : null } }
    }
    const { ids = [], reason, cursor } = sentBody(request)
    const found = reason ? [`evt_${reason}_${cursor ?? 'first'}`] : ids
    const items = found.map((id) => ({ id, result: id === 'evt_gone' ? 'not_found' : 'queued' }))
    return { status: 202, body: { items, cursor: reason && !cursor ? 'next' : null } }
  }

  test('redrive takes the named events, and says which could not be redriven', async () => {
    const { sluice, server } = await givenApi(redriveApi)

    const { code, out } = await sluice('dead-letters', 'redrive', 'evt_1', 'evt_gone')

    expect(server.received.map(sentBody)).toEqual([{ ids: ['evt_1', 'evt_gone'] }])
    expect([code, out]).toEqual([1, '✗ 1 event sent through again\n  evt_gone  not_found\n'])
  })

  test('redrive --all reads the whole list first, and sends it in chunks of a hundred', async () => {
    const { sluice, server } = await givenApi(redriveApi)

    const { code, out } = await sluice('dead-letters', 'redrive', '--all')

    expect([code, out]).toEqual([0, '✓ 150 events sent through again\n'])
    expect(server.received.map((it) => (it.method === 'GET' ? 0 : sentBody(it).ids?.length))).toEqual([
      0, 0, 100, 50,
    ])
  })

  test('redrive --reason goes on until no more have died of it', async () => {
    const { sluice } = await givenApi(redriveApi)

    const { out } = await sluice('dead-letters', 'redrive', '--reason', 'crash', '--json')

    expect(JSON.parse(out).items.map(({ id }: { id: string }) => id)).toEqual([
      'evt_crash_first',
      'evt_crash_next',
    ])
  })

  test.each([[[]], [['evt_1', '--all']], [['--all', '--reason', 'x']]])(
    'redrive with %j is not understood',
    async (parameters) => {
      const { sluice, server } = await givenApi(() => ({}))

      expect((await sluice('dead-letters', 'redrive', ...parameters)).code).toBe(2)
      expect(server.received).toEqual([])
    },
  )
})

describe('the admin API', () => {
  test("its refusal is shown in its own words, with the API's code for programs", async () => {
    const problem = { code: 'unauthenticated', title: 'No valid credentials', detail: 'Send a token.' }
    const { sluice } = await givenApi(() => ({ status: 401, body: problem }))

    const { code, out, err } = await sluice('events', 'list', '--json')

    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'unauthenticated',
        message: expect.stringContaining('No valid credentials: Send a token.'),
      },
    })
    expect(err).toContain('SLUICE_ADMIN_TOKEN')
  })

  test('each fault of a request is a line of its own', async () => {
    const errors = [{ pointer: '/status', detail: 'must be one of\u001B done' }]
    const body = { code: 'malformed_request', title: 'Malformed', detail: 'See errors.', errors }
    const { sluice } = await givenApi(() => ({ status: 400, body }))

    expect((await sluice('events', 'list', '--status', 'x')).err).toBe(
      'error: 400 Malformed: See errors.\n  /status must be one of\\u001b done\n',
    )
  })

  test.each([
    ['drop' as const, /does not answer/],
    [{ status: 200, body: '<html>' }, /200 without an explanation/],
    [{ status: 502, body: '' }, /502/],
  ])('%j is a failure, not a crash', async (reply, message) => {
    const { sluice } = await givenApi(() => reply)

    const { code, err } = await sluice('events', 'list')

    expect(code).toBe(1)
    expect(err).toMatch(message)
  })

  test('the token of the local stack goes nowhere else, and the configured one not over plain http', async () => {
    const { sluice, server } = await givenApi(() => ({}))
    const elsewhere = await loopback(() => ({}))

    expect((await sluice('events', 'list', '--url', elsewhere.url)).err).toMatch(/set SLUICE_ADMIN_TOKEN/)
    const remote = givenShell({ environment: { SLUICE_ADMIN_TOKEN: 'remote-token' } })
    expect((await remote.sluice('events', 'list', '--url', 'http://sluice.test')).err).toMatch(/use https/)
    expect([...server.received, ...elsewhere.received]).toEqual([])
  })

  test('a configured token reaches a configured address', async () => {
    const server = await loopback(() => ({ body: { items: [], cursor: null } }))
    const environment = { SLUICE_ADMIN_TOKEN: 'remote-token', SLUICE_PUBLIC_URL: `${server.url}/` }

    const { code, out } = await givenShell({ environment }).sluice('events', 'list')

    expect([code, out]).toEqual([0, expect.stringMatching(/^0 events since .*: none\n$/)])
    expect(server.received[0]?.headers.authorization).toBe('Bearer remote-token')
  })

  test('a JWT is a token like any other, however long, and a refused one says so', async () => {
    const jwt = ['{"alg":"ES256"}', JSON.stringify({ sub: 'x'.repeat(4_000) }), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')
    const refused = {
      status: 401,
      body: { code: 'unauthenticated', title: 'The request carries no valid credentials' },
    }
    const server = await loopback(() => refused)
    const environment = { SLUICE_ADMIN_TOKEN: jwt, SLUICE_PUBLIC_URL: server.url }

    const { code, err } = await givenShell({ environment }).sluice('events', 'list')

    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${jwt}`)
    expect([code, err]).toEqual([1, expect.stringMatching(/has your token expired\?/)])
    expect(err).not.toContain(jwt)
  })

  test('without a stack, or with one that has stopped, it says how to start one', async () => {
    const none = givenShell()
    const stopped = givenShell({ change: { isAlive: () => false } })
    stopped.stackAt('http://127.0.0.1:9')

    expect(await none.sluice('events', 'list')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/npm start/),
    })
    expect(await stopped.sluice('events', 'list')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has stopped.*npm start/),
    })
  })
})
