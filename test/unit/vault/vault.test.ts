import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServices, type Services } from '#infra/local/services/start-services.ts'
import { callAwsJson } from '#infra/local/services/call.ts'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { epochMs, later, ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { advanceEpoch, rewrapKeys } from '#lib/vault/key-care.ts'
import { kmsKeyRewrap } from '#lib/vault/key-rewrap.kms.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { openTokens, sealGrant } from '#lib/oauth/token-store.ts'
import { createConnections } from '#test/fakes/tables.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

let services: Services
let client: DynamoDBClient
let kms: KMSClient
let keyId = ''
beforeAll(async () => {
  services = await startServices()
  const common = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  client = new DynamoDBClient({ ...common, endpoint: services.endpoints.dynamodb, maxAttempts: 1 })
  kms = new KMSClient({ ...common, endpoint: services.endpoints.kms, maxAttempts: 1 })
  const made = await callAwsJson(services.endpoints.kms, 'TrentService.CreateKey', {})
  keyId = (made['KeyMetadata'] as { Arn: string }).Arn
  await createConnections(client, 'connections')
})
afterAll(async () => {
  client.destroy()
  kms.destroy()
  await services.close()
})

let made = 0
/** A worker of its own over the shared table, its calls to AWS counted. */
function given() {
  const clock = virtualClock()
  const calls: string[] = []
  const counting = (inner: { send: (...args: never[]) => Promise<unknown> }) => ({
    send: async (command: { constructor: { name: string } }) => {
      calls.push(command.constructor.name)
      return inner.send(command as never)
    },
  })
  const table = { client: counting(client) as never, table: 'connections' }
  const wrap = kmsKeyWrap({ client: counting(kms) as never, keyId })
  const store = dynamoWrappedKeys(table)
  const keys = dataKeys({ wrap, store, clock })
  const random = seededRandom((made += 1))
  const deps = { keys, clock, random }
  return {
    clock,
    calls,
    table,
    wrap,
    store,
    keys,
    deps,
    random,
    vault: dynamoVault({ ...table, clock, keys }),
  }
}

async function connected(worker: ReturnType<typeof given>, tenant = `tenant-${(made += 1)}`) {
  const id = connectionId(tenant, 'sandbox', 'alice')
  const grant = {
    tokens: { accessToken: 'access-1', refreshToken: 'refresh-1', tokenType: 'Bearer' },
    lifetimeSeconds: 3_600,
    answer: {},
  }
  const facts = await sealGrant({ id, tenant, provider: 'sandbox' }, grant, { scopes: ['a'] }, worker.deps)
  const connection = await worker.vault.connect(
    {
      id,
      tenant,
      provider: 'sandbox',
      account: 'alice',
      state: 'active',
      connectedAt: worker.clock.now(),
      ...facts,
    },
    `owner-${made}`,
  )
  return { id, tenant, facts, connection }
}

const rewrapping = (worker: ReturnType<typeof given>) => ({
  wrap: kmsKeyRewrap({ client: kms, keyId }),
  store: worker.store,
  connections: dynamoConnectionList(worker.table),
  vault: worker.vault,
})

const until = (worker: ReturnType<typeof given>) => later(worker.clock.now(), 30_000)

describe('the calls that a token costs', () => {
  test('cold one read and one Decrypt, warm none but the read', async () => {
    const { id, tenant } = await connected(given())
    const cold = given()
    const connection = await cold.vault.get(tenant, id)
    if (!connection) throw new Error('it is not there')
    expect(await openTokens(connection, cold.deps)).toMatchObject({ accessToken: 'access-1' })
    expect(cold.calls).toEqual(['BatchGetItemCommand', 'DecryptCommand'])
    cold.calls.length = 0
    await openTokens((await cold.vault.get(tenant, id)) ?? connection, cold.deps)
    expect(cold.calls).toEqual(['GetItemCommand'])
  })

  test('a key is asked for again after five minutes, and after a thousand uses', async () => {
    const worker = given()
    const { connection } = await connected(worker)
    await worker.clock.advance(299_000)
    worker.calls.length = 0
    await openTokens(connection, worker.deps)
    expect(worker.calls).toEqual([])
    await worker.clock.advance(1_000)
    await openTokens(connection, worker.deps)
    expect(worker.calls).toEqual(['GetItemCommand', 'DecryptCommand'])
    for (let i = 0; i < 1_000; i += 1) await openTokens(connection, worker.deps)
    expect(worker.calls.filter((name) => name === 'DecryptCommand')).toHaveLength(2)
  })

  test('many at once make one key for a new tenant, and all use the same', async () => {
    const tenant = `tenant-${(made += 1)}`
    const workers = [given(), given(), given()]
    const keys = await Promise.all(workers.map((worker) => worker.keys.current(tenant)))
    const same = keys.map(({ key }) => key.export().toString('hex'))
    expect(new Set(same).size).toBe(1)
    expect(
      workers.flatMap(({ calls }) => calls).filter((name) => name === 'UpdateItemCommand').length,
    ).toBeLessThanOrEqual(3)
  })
})

describe('a lease', () => {
  test('is one worker’s until it ends, is released, or its tokens are saved', async () => {
    const worker = given()
    const { connection } = await connected(worker)
    const first = await worker.vault.lease(connection, 'a', until(worker))
    expect(first.kind).toBe('leased')
    expect((await worker.vault.lease(connection, 'b', until(worker))).kind).toBe('busy')
    await worker.clock.advance(30_000)
    const seen = await worker.vault.get(connection.tenant, connection.id)
    const second = seen && (await worker.vault.lease(seen, 'b', until(worker)))
    expect(second).toMatchObject({ kind: 'leased', inherited: true })
  })

  test('the repeated write of a lost answer is still the same lease', async () => {
    const worker = given()
    const { connection } = await connected(worker)
    await worker.vault.lease(connection, 'a', until(worker))
    expect((await worker.vault.lease(connection, 'a', until(worker))).kind).toBe('leased')
  })

  test('M20: who has lost it saves nothing, and F62: neither does anyone once it is disconnected', async () => {
    const worker = given()
    const { connection, facts } = await connected(worker)
    const { tenant, id } = connection
    const first = await worker.vault.lease(connection, 'a', until(worker))
    await worker.clock.advance(30_000)
    const seen = (await worker.vault.get(tenant, id)) ?? connection
    const second = await worker.vault.lease(seen, 'b', until(worker))
    if (first.kind !== 'leased' || second.kind !== 'leased') throw new Error('no lease')
    expect(await worker.vault.save(first.lease, facts)).toBe('lost')
    expect(await worker.vault.disconnect(tenant, id)).toBe('saved')
    expect(await worker.vault.save(second.lease, facts)).toBe('lost')
    expect(await worker.vault.get(tenant, id)).toMatchObject({ state: 'deleted' })
  })

  test('M19: is not given for tokens that have been replaced since they were read', async () => {
    const worker = given()
    const { connection, facts } = await connected(worker)
    const outcome = await worker.vault.lease(connection, 'a', until(worker))
    if (outcome.kind !== 'leased') throw new Error('no lease')
    expect(await worker.vault.save(outcome.lease, facts)).toBe('saved')
    expect(await worker.vault.save(outcome.lease, facts)).toBe('saved')
    const late = await worker.vault.lease(connection, 'b', until(worker))
    expect(late).toMatchObject({ kind: 'moved', connection: { version: connection.version + 1 } })
  })

  test('that failed is released, counted, and due again when it says', async () => {
    const worker = given()
    const { connection } = await connected(worker)
    const outcome = await worker.vault.lease(connection, 'a', until(worker))
    if (outcome.kind !== 'leased') throw new Error('no lease')
    const next = later(worker.clock.now(), 5_000)
    expect(await worker.vault.release(outcome.lease, next)).toBe('saved')
    expect(await worker.vault.get(connection.tenant, connection.id)).toMatchObject({
      failures: 1,
      leaseUntil: 0,
      refreshAt: next,
      version: connection.version,
    })
  })
})

describe('states', () => {
  test('one that needs its user is due no more, and is a new one when it is connected again', async () => {
    const worker = given()
    const { connection, tenant, id } = await connected(worker)
    const outcome = await worker.vault.lease(connection, 'a', until(worker))
    if (outcome.kind !== 'leased') throw new Error('no lease')
    expect(await worker.vault.needsReauth(outcome.lease, 'revoked')).toBe('saved')
    const stands = await worker.vault.get(tenant, id)
    expect(stands).toMatchObject({ state: 'needs_reauth', cause: 'revoked' })
    expect(stands?.refreshAt).toBeUndefined()
    const again = await connected(worker, tenant)
    expect(again.id).toBe(id)
    expect(again.connection).toMatchObject({ state: 'active', version: connection.version + 2 })
    expect(again.connection.cause).toBeUndefined()
  })

  test('another tenant finds nothing under an id, and can change nothing', async () => {
    const worker = given()
    const { id } = await connected(worker)
    expect(await worker.vault.get('stranger', id)).toBeUndefined()
    expect(await worker.vault.disconnect('stranger', id)).toBe('lost')
    expect(await worker.vault.activate('stranger', id)).toBe('lost')
    expect(await worker.vault.hasten('stranger', id)).toBe('lost')
  })

  test('what is due is found in the order of its time, what is not due is not', async () => {
    const worker = given()
    const { connection } = await connected(worker)
    const { due } = dynamoDueConnections(worker.table)
    const at = connection.refreshAt ?? epochMs(0)
    const ids = async (now: number) => (await due(epochMs(now), 100)).map(({ id }) => id)
    expect(await ids(at - 1)).not.toContain(connection.id)
    expect(await ids(at)).toContain(connection.id)
    await worker.vault.hasten(connection.tenant, connection.id)
    expect(await ids(worker.clock.now())).toContain(connection.id)
  })

  test('lists page by page, by tenant', async () => {
    const worker = given()
    const tenant = `tenant-${(made += 1)}`
    await connected(worker, tenant)
    await connected(worker)
    const list = dynamoConnectionList(worker.table)
    const own = await list.list(tenant, undefined, 10)
    expect(own.connections.map((connection) => connection.tenant)).toEqual([tenant])
    const seen: string[] = []
    let next: string | undefined
    do {
      const page = await list.list(undefined, next, 1)
      seen.push(...page.connections.map(({ id }) => id))
      next = page.next
    } while (next !== undefined)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(1)
  })

  test('finds one by its id alone, whoever it belongs to', async () => {
    const worker = given()
    const { connection, tenant } = await connected(worker)
    const list = dynamoConnectionList(worker.table)
    expect(await list.find(connection.id)).toMatchObject({ id: connection.id, tenant, state: 'active' })
    expect(await list.find(`conn_${'x'.repeat(32)}`)).toBeUndefined()
    await worker.vault.disconnect(tenant, connection.id)
    expect(await list.find(connection.id)).toMatchObject({ state: 'deleted' })
  })
})

describe('keys', () => {
  test('a new epoch seals what comes, and what is sealed opens still', async () => {
    const worker = given()
    const { connection, tenant } = await connected(worker)
    expect(await advanceEpoch(tenant, worker.wrap, worker.store)).toBe(2)
    await worker.clock.advance(ms(300_000))
    expect((await worker.keys.current(tenant)).epoch).toBe(2)
    expect(await openTokens(connection, worker.deps)).toMatchObject({ accessToken: 'access-1' })
  })

  test('are wrapped again without touching what they sealed', async () => {
    const worker = given()
    const { connection, tenant } = await connected(worker)
    const before = await worker.store.read(tenant)
    expect(await rewrapKeys(tenant, rewrapping(worker))).toBe(1)
    const after = await worker.store.read(tenant)
    const bytes = (stored: typeof after) => Buffer.from(stored.wrapped.get(1) ?? [])
    expect(bytes(after).equals(bytes(before))).toBe(false)
    const fresh = given()
    expect(await openTokens(connection, fresh.deps)).toMatchObject({ accessToken: 'access-1' })
  })

  test('once they are shredded, what they sealed opens nowhere', async () => {
    const worker = given()
    const { connection, tenant } = await connected(worker)
    await dynamoShred(worker.table)(tenant)
    const fresh = given()
    await expect(openTokens(connection, fresh.deps)).rejects.toMatchObject({ code: 'SEAL_BROKEN' })
    // A worker that has the key in memory forgets it within five minutes.
    await worker.clock.advance(ms(300_000))
    await expect(openTokens(connection, worker.deps)).rejects.toMatchObject({ code: 'SEAL_BROKEN' })
  })

  test('I22: one tenant’s tokens put in the place of another’s do not open', async () => {
    const worker = given()
    const [acme, globex] = [await connected(worker), await connected(worker)]
    const swapped = { ...globex.connection, tokens: acme.connection.tokens }
    await expect(openTokens(swapped, worker.deps)).rejects.toMatchObject({ code: 'SEAL_BROKEN' })
  })
})
