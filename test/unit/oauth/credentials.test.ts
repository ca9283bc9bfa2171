import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rejectKey } from '#lib/oauth/key-life.ts'
import { refreshDue } from '#lib/oauth/refresh-due.ts'
import { sealGrant } from '#lib/oauth/token-store.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import type { Connection } from '#lib/vault/connection.ts'
import {
  givenKeyWorker,
  revealed,
  startKeyServices,
  type KeyServices,
  type KeyWorker,
} from '#test/fakes/given-keys.ts'

let services: KeyServices
beforeAll(async () => {
  services = await startKeyServices()
})
afterAll(() => services.close())

const given = (): KeyWorker => givenKeyWorker(services)
const day = 86_400_000
const down = (): never => {
  throw new Error('down')
}

async function grant(worker: KeyWorker, tokenType: string): Promise<Connection> {
  const tenant = `grant-${tokenType}-${worker.clock.now()}`
  const owner = { id: connectionId(tenant, 'slack', 'T1'), tenant, provider: 'slack' }
  const tokens = { accessToken: 'access-1', tokenType, extras: { bot_user_id: 'U1' } }
  const facts = await sealGrant(owner, { tokens, answer: {} }, { scopes: [] }, worker.deps)
  const connection = { ...owner, account: 'T1', state: 'active' as const, connectedAt: worker.clock.now() }
  return worker.deps.vault.connect({ ...connection, ...facts }, `owner-${tenant}`)
}

describe('what credentials cost', () => {
  test('a key cold one read and one Decrypt, warm nothing', async () => {
    const connection = await given().added('distru', { key: 'the-key' })
    const worker = given()
    expect(await revealed(worker.credentials.of(connection))).toEqual({
      headers: { authorization: 'Bearer the-key' },
      query: {},
    })
    expect(worker.calls).toEqual(['BatchGetItemCommand', 'DecryptCommand'])
    worker.calls.length = 0
    for (let i = 0; i < 100; i += 1) await worker.credentials.of(connection)
    expect(worker.calls).toEqual([])
  })

  test('a token cold one read and one Decrypt, warm nothing', async () => {
    const connection = await grant(given(), 'Bearer')
    const worker = given()
    await worker.credentials.of(connection)
    expect(worker.calls).toEqual(['BatchGetItemCommand', 'DecryptCommand'])
    worker.calls.length = 0
    await worker.credentials.of(connection)
    expect(worker.calls).toEqual([])
  })

  test('many callers at once one read and one Decrypt', async () => {
    const connection = await given().added('distru', { key: 'the-key' })
    const worker = given()
    await Promise.all(Array.from({ length: 50 }, () => worker.credentials.of(connection)))
    expect(worker.calls).toEqual(['BatchGetItemCommand', 'DecryptCommand'])
  })
})

describe('credentials', () => {
  test('of a token are a bearer, whatever its type is called', async () => {
    for (const type of ['Bearer', 'bot', 'user']) {
      const worker = given()
      const outcome = await worker.credentials.of(await grant(worker, type))
      if (outcome.kind !== 'credentials') throw new Error(outcome.kind)
      expect(outcome.credentials.headers['authorization']?.reveal()).toBe('Bearer access-1')
      expect(outcome.credentials).toMatchObject({ kind: 'token', query: {}, extras: { bot_user_id: 'U1' } })
    }
  })

  test('of a key bring its extras along', async () => {
    const worker = given()
    const extras = { accountSid: 'AC1' }
    const connection = await worker.added('twilio', { keySid: 'SK1', keySecret: 's' }, { extras })
    expect(await worker.credentials.of(connection)).toMatchObject({ credentials: { extras } })
  })

  test('of another tenant are not there, also when they are in memory', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.credentials.of(connection)
    const stranger = { tenant: 'stranger', id: connection.id }
    expect(await worker.credentials.of(stranger)).toEqual({ kind: 'not_active', state: 'unknown' })
    expect(await revealed(worker.credentials.of(connection))).toMatchObject({
      headers: { authorization: 'Bearer the-key' },
    })
  })

  test('that are in memory outlive a table that is away', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.credentials.of(connection)
    await worker.clock.advance(300_000)
    worker.faults.aws = down
    expect(await worker.credentials.of(connection)).toMatchObject({ kind: 'credentials' })
    const cold = given()
    cold.faults.aws = down
    expect(await cold.credentials.of(connection)).toEqual({ kind: 'unavailable', error: 'vault_unavailable' })
  })

  test('of a connection that was deleted are given out no longer than five minutes', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.credentials.of(connection)
    await worker.deps.vault.disconnect(connection.tenant, connection.id)
    await worker.clock.advance(300_000)
    expect(await worker.credentials.of(connection)).toEqual({ kind: 'not_active', state: 'deleted' })
  })
})

describe('a key that is replaced', () => {
  test('stays with who has it for five minutes, then the new one is read', async () => {
    const [reader, api] = [given(), given()]
    const connection = await api.added('distru', { key: 'old' })
    await reader.credentials.of(connection)
    const again = await api.added('distru', { key: 'new' }, connection)
    expect(again).toMatchObject({ id: connection.id, version: connection.version + 1, state: 'active' })
    await reader.clock.advance(299_000)
    expect((await revealed(reader.credentials.of(connection))).headers).toEqual({
      authorization: 'Bearer old',
    })
    await reader.clock.advance(1_000)
    expect((await revealed(reader.credentials.of(connection))).headers).toEqual({
      authorization: 'Bearer new',
    })
  })

  test('is read at once by who was refused with the old one', async () => {
    const [reader, api] = [given(), given()]
    const connection = await api.added('distru', { key: 'old' })
    const first = await reader.credentials.of(connection)
    if (first.kind !== 'credentials' || first.credentials.kind !== 'key') throw new Error(first.kind)
    await api.added('distru', { key: 'new' }, connection)
    const used = { ...connection, version: first.credentials.version }
    expect(await rejectKey(used, reader.deps)).toBe('newer')
    const second = reader.credentials.of(connection, first.credentials)
    expect((await revealed(second)).headers).toEqual({ authorization: 'Bearer new' })
    expect(await reader.deps.vault.get(connection.tenant, connection.id)).toMatchObject({ state: 'active' })
  })

  test('does not take the place of an account that its user has connected', async () => {
    const worker = given()
    const connection = await grant(worker, 'Bearer')
    expect(await worker.add('slack', { token: 'xoxb-1' }, connection)).toEqual({ kind: 'taken' })
    await worker.deps.vault.disconnect(connection.tenant, connection.id)
    // Its tokens are still to be given back.
    expect(await worker.add('slack', { token: 'xoxb-1' }, connection)).toEqual({ kind: 'taken' })
    await refreshDue(100, 1, worker.deps)
    const added = await worker.added('slack', { token: 'xoxb-1' }, connection)
    expect(added).toMatchObject({ id: connection.id, kind: 'key', state: 'active' })
  })

  test('gives way to its user who connects: then it is no key any more', async () => {
    const worker = given()
    const tenant = `grant-Bearer-${worker.clock.now()}`
    const key = await worker.added('slack', { token: 'xoxb-0123456789-abcd' }, { tenant, account: 'T1' })
    expect(key.fingerprint).toBe('abcd')
    const connection = await grant(worker, 'Bearer')
    expect(connection).toMatchObject({ kind: 'oauth', state: 'active' })
    expect(connection.fingerprint).toBeUndefined()
    expect((await revealed(worker.credentials.of(connection))).headers).toEqual({
      authorization: 'Bearer access-1',
    })
  })
})

describe('a key that the provider refuses', () => {
  test('needs its user, who is told; nothing is given out from then on', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    expect(await rejectKey(connection, worker.deps)).toBe('needs_reauth')
    expect(worker.announced).toMatchObject([
      {
        type: 'connection.needs_reauth',
        facts: { cause: 'key_rejected' },
        connection: { id: connection.id },
      },
    ])
    expect(worker.counted).toEqual(['ConnectionNeedsReauth'])
    expect(await worker.credentials.of(connection)).toEqual({ kind: 'needs_reauth', cause: 'key_rejected' })
    expect(await worker.added('distru', { key: 'new' }, connection)).toMatchObject({ state: 'active' })
  })

  test('is believed once, however many say so', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    const said = await Promise.all(Array.from({ length: 4 }, () => rejectKey(connection, worker.deps)))
    expect(new Set(said)).toEqual(new Set(['needs_reauth']))
    expect(new Set(worker.announced.map(({ key }) => key)).size).toBe(1)
    expect(await worker.deps.vault.get(connection.tenant, connection.id)).toMatchObject({
      version: connection.version + 1,
    })
  })

  test('with many others at once is left as it is: that is an outage', async () => {
    const worker = given()
    const said: string[] = []
    for (let i = 0; i < 6; i += 1)
      said.push(await rejectKey(await worker.added('distru', { key: `key-${i}` }), worker.deps))
    expect(said).toEqual([...Array.from({ length: 4 }, () => 'needs_reauth'), 'outage', 'outage'])
  })

  test('says nothing of a grant, a stranger or what was deleted', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    expect(await rejectKey(await grant(worker, 'Bearer'), worker.deps)).toBe('not_active')
    expect(await rejectKey({ ...connection, tenant: 'stranger' }, worker.deps)).toBe('not_active')
    await worker.deps.vault.disconnect(connection.tenant, connection.id)
    expect(await rejectKey(connection, worker.deps)).toBe('not_active')
    expect(worker.announced).toEqual([])
  })
})

describe('a key that ends after a year', () => {
  const noticed = (worker: KeyWorker, { id }: Connection) =>
    worker.announced.flatMap(({ type, connection, facts }) =>
      connection.id === id ? [facts['daysLeft'] ?? type] : [],
    )

  test('is announced 30, 7 and 1 days before, once each, and then needs its user', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    expect(connection.hardExpiresAt).toBe(worker.clock.now() + 365 * day)
    await worker.clock.advance(333 * day)
    for (let i = 333; i < 365; i += 1) {
      if (i < 364) expect(noticed(worker, connection)).not.toContain('connection.needs_reauth')
      await worker.clock.advance(day)
      await refreshDue(100, 10, worker.deps)
    }
    expect(noticed(worker, connection)).toEqual([30, 7, 1, 'connection.needs_reauth'])
    expect(await worker.deps.vault.get(connection.tenant, connection.id)).toMatchObject({
      state: 'needs_reauth',
      cause: 'hard_expiry',
    })
    expect(await worker.deps.due(worker.clock.now(), 100)).not.toContainEqual(
      expect.objectContaining({ id: connection.id }),
    )
  })

  test('is told again in a minute when it could not be told', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.clock.advance(335 * day)
    worker.faults.announce = down
    await refreshDue(100, 10, worker.deps)
    delete worker.faults.announce
    await refreshDue(100, 10, worker.deps)
    await refreshDue(100, 10, worker.deps)
    expect(noticed(worker, connection)).toEqual([30])
  })

  test('that is replaced just before begins a year of its own', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.clock.advance(364 * day)
    await worker.added('distru', { key: 'new' }, connection)
    await worker.clock.advance(2 * day)
    await refreshDue(100, 10, worker.deps)
    expect(noticed(worker, connection)).toEqual([])
    expect(await worker.deps.vault.get(connection.tenant, connection.id)).toMatchObject({ state: 'active' })
  })

  test('others are never due', async () => {
    const connection = await given().added('etherscan', { key: 'the-key' })
    expect(connection.refreshAt).toBeUndefined()
    expect(connection.hardExpiresAt).toBeUndefined()
  })
})

test('a key that was disconnected is forgotten here, and nothing is opened or given back for it', async () => {
  const worker = given()
  const connection = await worker.added('distru', { key: 'the-key' })
  await worker.deps.vault.disconnect(connection.tenant, connection.id)
  worker.calls.length = 0
  await refreshDue(100, 1, worker.deps)
  expect(worker.calls).not.toContain('revoke')
  expect(worker.calls).not.toContain('DecryptCommand')
  const stands = await worker.deps.vault.get(connection.tenant, connection.id)
  expect(stands?.tokens.byteLength).toBe(0)
})
