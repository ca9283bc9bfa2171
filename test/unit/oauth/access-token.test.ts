import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { oauth as limits } from '#lib/config/defaults.ts'
import { announceExpiry } from '#lib/oauth/announce.ts'
import { refreshDue } from '#lib/oauth/refresh-due.ts'
import { days, later } from '#lib/primitives/clock.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { givenTokens, rotating, type Answer } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'tokens')
})
afterAll(() => tables.close())

const given = (answer: Answer = rotating) => givenTokens(tables, 'tokens', answer)
const refused: Answer = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
const away: Answer = () => new Response('', { status: 503 })

describe('the calls that a token costs', () => {
  test('cold one read and one Decrypt, warm none', async () => {
    const connection = await given().connect()
    const worker = given()
    expect(await worker.get(connection)).toBe('access-1')
    expect(worker.calls).toEqual(['BatchGetItemCommand', 'Decrypt'])
    worker.calls.length = 0
    for (let i = 0; i < 100; i += 1) await worker.get(connection)
    expect(worker.calls).toEqual([])
  })

  test('many callers of a process make one read', async () => {
    const connection = await given().connect()
    const worker = given()
    await Promise.all(Array.from({ length: 50 }, () => worker.get(connection)))
    expect(worker.calls).toEqual(['BatchGetItemCommand', 'Decrypt'])
  })
})

describe('a token that gets old', () => {
  test('F56: is refreshed at 80% of its life, at the earliest at 70%, by one of all callers', async () => {
    const worker = given()
    const connection = await worker.connect()
    await worker.clock.advance(699_000)
    expect(await worker.get(connection)).toBe('access-1')
    await worker.clock.advance(101_000)
    const seen = await Promise.all(Array.from({ length: 20 }, () => worker.get(connection)))
    // Whoever comes while it is refreshed is served the one that is still good.
    expect(new Set(seen)).toEqual(new Set(['access-1', 'access-2']))
    expect(worker.asked.map((body) => body.get('refresh_token'))).toEqual(['refresh-1'])
    expect(await worker.get(connection)).toBe('access-2')
  })

  test('F60, M19: another worker has refreshed it: its token is taken, and nobody is asked', async () => {
    const [first, second] = [given(), given()]
    const connection = await first.connect()
    await second.get(connection)
    for (const worker of [first, second]) await worker.clock.advance(900_000)
    expect(await first.get(connection)).toBe('access-2')
    expect(await second.get(connection)).toBe('access-2')
    expect(second.asked).toEqual([])
  })

  test('is served to its end while the provider is away, and asked for again ever later', async () => {
    const worker = given(away)
    const connection = await worker.connect()
    await worker.clock.advance(850_000)
    expect(await worker.get(connection)).toBe('access-1')
    expect(worker.asked).toHaveLength(1)
    expect(await worker.deps.vault.get(connection.tenant, connection.id)).toMatchObject({
      failures: 1,
      state: 'active',
    })
    await worker.clock.advance(146_000)
    expect(await worker.get(connection)).toEqual({ kind: 'unavailable', error: 'status 503' })
    expect(worker.announced).toEqual([])
  })

  test('B075: is served, also cold, while nobody says where its provider is', async () => {
    const connection = await given().connect()
    const worker = given()
    await worker.clock.advance(900_000)
    const of = () => Promise.reject(new SluiceError('MISCONFIGURED', 'the issuer is spelled otherwise'))
    Object.assign(worker.deps, { clients: { of } })
    expect(await worker.get(connection)).toBe('access-1')
    expect(worker.asked).toEqual([])
  })

  test('F59: a provider that is slower than ten seconds is given up while the lease still holds', async () => {
    const worker = given(
      (_call, _body, { signal }) => new Promise((_, fail) => signal.addEventListener('abort', fail)),
    )
    const connection = await worker.connect()
    await worker.clock.advance(900_000)
    const before = worker.clock.now()
    let isOver = false
    const served = worker.get(connection).finally(() => (isOver = true))
    while (!isOver) if (!(await worker.clock.next())) await worker.clock.advance(0)
    expect(await served).toBe('access-1')
    const stands = await worker.deps.vault.get(connection.tenant, connection.id)
    expect(stands).toMatchObject({ state: 'active', failures: 1, leaseUntil: 0 })
    expect(worker.clock.now() - before).toBeLessThan(limits.leaseMs - limits.saveMs)
    expect(worker.asked).toHaveLength(1)
  })

  test('that the provider refuses early is replaced at once', async () => {
    const worker = given()
    const connection = await worker.connect()
    expect(await worker.get(connection, 'access-1')).toBe('access-2')
    expect(await worker.get(connection, 'access-1')).toBe('access-2')
    expect(worker.asked).toHaveLength(1)
  })

  test('M22: keeps its refresh token when the answer has none', async () => {
    const worker = given((call) =>
      Response.json({ access_token: `access-${call + 1}`, token_type: 'Bearer', expires_in: 1_000 }),
    )
    const connection = await worker.connect()
    await worker.get(connection, 'access-1')
    await worker.get(connection, 'access-2')
    expect(worker.asked.map((body) => body.get('refresh_token'))).toEqual(['refresh-1', 'refresh-1'])
  })

  test('M21: uses the new refresh token when there is one', async () => {
    const worker = given()
    const connection = await worker.connect()
    await worker.get(connection, 'access-1')
    await worker.get(connection, 'access-2')
    expect(worker.asked.map((body) => body.get('refresh_token'))).toEqual(['refresh-1', 'refresh-2'])
  })

  test.each(['refresh_token_expires_in', 'x_refresh_token_expires_in'])(
    'says how long its refresh token is good, by %s, and keeps that while nothing new is said',
    async (name) => {
      const answers = [{ [name]: 8_640_000 }, {}]
      const worker = given((call) =>
        Response.json({
          access_token: `a-${call}`,
          token_type: 'Bearer',
          expires_in: 1_000,
          ...answers[call - 1],
        }),
      )
      const connection = await worker.connect()
      const until = later(worker.clock.now(), 8_640_000_000)
      for (const nth of [1, 2]) {
        await worker.get(connection, nth === 1 ? 'access-1' : 'a-1')
        expect((await worker.deps.vault.get(connection.tenant, connection.id))?.refreshExpiresAt).toBe(until)
      }
    },
  )
})

describe('a grant that is over', () => {
  test('needs its user, with the cause, an event and a metric', async () => {
    const worker = given(refused)
    const connection = await worker.connect()
    expect(await worker.get(connection, 'access-1')).toEqual({ kind: 'needs_reauth', cause: 'revoked' })
    expect(await worker.get(connection)).toEqual({ kind: 'needs_reauth', cause: 'revoked' })
    expect(worker.asked).toHaveLength(1)
    expect(worker.counted).toContain('ConnectionNeedsReauth')
    expect(worker.announced).toEqual([{ type: 'connection.needs_reauth', id: connection.id }])
  })

  test('F57: after a doubtful refresh says so', async () => {
    const worker = given((...asked) => (asked[0] === 1 ? away(...asked) : refused(...asked)))
    const connection = await worker.connect()
    await worker.get(connection, 'access-1')
    await worker.clock.advance(1_000)
    expect(await worker.get(connection, 'access-1')).toEqual({
      kind: 'needs_reauth',
      cause: 'ambiguous_refresh',
    })
  })

  test('for want of a refresh token is found when the token has run out', async () => {
    const worker = given()
    const connection = await worker.connect({ refreshToken: undefined })
    expect(await worker.get(connection)).toBe('access-1')
    await worker.clock.advance(999_000)
    expect(await worker.get(connection)).toEqual({ kind: 'needs_reauth', cause: 'no_refresh_token' })
    expect(worker.asked).toEqual([])
  })

  test('many of one provider at once are an outage, and stay as they are', async () => {
    const worker = given(refused)
    const connections = await Promise.all(Array.from({ length: 8 }, () => worker.connect()))
    const outcomes = []
    for (const connection of connections) outcomes.push(await worker.get(connection, 'access-1'))
    const kinds = outcomes.map((outcome) => (outcome as { kind: string }).kind)
    expect(kinds.filter((kind) => kind === 'needs_reauth')).toHaveLength(4)
    expect(kinds.filter((kind) => kind === 'unavailable')).toHaveLength(4)
    expect(worker.lines.join()).toContain('taken for its outage')
  })

  test('F62: once it is disconnected gives nothing, and what is in flight is given back', async () => {
    const worker = given()
    const connection = await worker.connect()
    const { tenant, id } = connection
    const racing = given(async (...asked) => {
      await worker.deps.vault.disconnect(tenant, id)
      return rotating(...asked)
    })
    expect(await racing.get(connection, 'access-1')).toEqual({ kind: 'not_active', state: 'deleted' })
    expect(racing.revoked).toEqual(['refresh-2'])
    expect(await worker.get(connection, 'access-1')).toEqual({ kind: 'not_active', state: 'deleted' })
  })
})

describe('new tokens that the table does not take', () => {
  const isSave = (name: string) => name === 'UpdateItemCommand'

  test('F58: are in the escrow, and whoever comes next takes them from there', async () => {
    const worker = given()
    const connection = await worker.connect()
    const broken = given(async (...asked) => {
      broken.faults.table = (name) => {
        if (isSave(name)) throw new Error('the table is away')
      }
      return rotating(...asked)
    })
    const pending = broken.get(connection, 'access-1')
    let done = false
    void pending.then(() => (done = true))
    while (!done) await broken.clock.next()
    expect(broken.objects.size).toBe(1)
    expect(Buffer.from([...broken.objects.values()][0] ?? []).toString('latin1')).not.toContain('access-2')

    const next = given()
    for (const [key, bytes] of broken.objects) next.objects.set(key, bytes)
    await next.clock.advance(60_000)
    expect(await next.get(connection, 'access-1')).toBe('access-2')
    expect(next.asked).toEqual([])
    expect(next.objects.size).toBe(0)
  })
})

describe('what is due', () => {
  test('is forgotten without a word to the provider when its tenant’s keys were shredded', async () => {
    const worker = given()
    const gone = await worker.connect()
    await worker.deps.vault.disconnect(gone.tenant, gone.id)
    await dynamoShred({ client: tables.client, table: 'tokens' })(gone.tenant)
    const fresh = given()
    await fresh.clock.advance(1_000)
    const round = {
      ...fresh.deps,
      due: async () => [gone],
      tokens: fresh.tokens,
      endSubscriptions: async () => {},
      careForKeys: async () => {},
    }
    await refreshDue(100, 10, round)
    expect(fresh.revoked).toEqual([])
    expect((await fresh.deps.vault.get(gone.tenant, gone.id))?.tokens.byteLength).toBe(0)
  })

  test('is refreshed ahead of traffic; what was disconnected is given back and forgotten', async () => {
    const worker = given()
    const [due, gone] = [await worker.connect(), await worker.connect()]
    await worker.clock.advance(900_000)
    await worker.deps.vault.disconnect(gone.tenant, gone.id)
    const round = {
      ...worker.deps,
      ...dynamoDueConnections({ client: tables.client, table: 'tokens' }),
      tokens: worker.tokens,
      endSubscriptions: async () => {},
      careForKeys: async () => {},
    }
    expect(await refreshDue(100, 10, round)).toBeGreaterThanOrEqual(2)
    expect((await worker.deps.vault.get(due.tenant, due.id))?.obtainedAt).toBe(worker.clock.now())
    expect(worker.revoked).toContain('refresh-1')
    expect((await worker.deps.vault.get(gone.tenant, gone.id))?.tokens.byteLength).toBe(0)
  })
})

describe('a grant that ends, whatever is refreshed', () => {
  test('is announced a month, a week and a day before, each once for as often as it is seen', async () => {
    const worker = given()
    const announcements: string[] = []
    const deps = {
      ...worker.deps,
      announce: async ({ key }: { readonly key: string }) =>
        void announcements.push(key.split('|').at(-1) ?? ''),
    }
    const connection = { ...(await worker.connect()), hardExpiresAt: later(worker.clock.now(), days(31)) }
    for (let day = 0; day < 31; day += 1) {
      await announceExpiry(connection, deps)
      await worker.clock.advance(days(1))
    }
    expect(announcements).toHaveLength(30)
    expect([...new Set(announcements)]).toEqual(['30', '7', '1'])
  })
})
