import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { rewrapKeys } from '#lib/vault/key-care.ts'
import { kmsKeyRewrap } from '#lib/vault/key-rewrap.kms.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { openSealed } from '#lib/vault/open-sealed.ts'
import { ownKeyed, withOwnKey } from '#lib/vault/own-key.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { dynamoTenantShare, dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { epochOf, open } from '#lib/vault/seal.ts'
import { givenKeyWorker, revealed, startKeyServices, type KeyServices } from '#test/fakes/given-keys.ts'

let services: KeyServices
beforeAll(async () => {
  services = await startKeyServices()
})
afterAll(() => services.close())
const given = () => givenKeyWorker(services)

let made = 0
const contextOf = (tenant = `tenant-${(made += 1)}`) => ({
  tenant,
  provider: 'distru',
  connection: 'conn_1',
  field: 'credentials',
  schema: 1,
})
const secret = Buffer.from('canary-of-the-seal')
const broken = { code: 'SEAL_BROKEN' }

describe('a value that brings its own data key', () => {
  test('is sealed by one GenerateDataKey and one write, and opened by one read and one Decrypt', async () => {
    const [api, reader] = [given(), given()]
    const context = contextOf()
    const value = await api.seal(context, secret)
    expect(api.calls).toEqual(['GenerateDataKeyCommand', 'UpdateItemCommand'])
    expect((await openSealed(context, value, reader.deps.keys)).equals(secret)).toBe(true)
    expect(reader.calls).toEqual(['GetItemCommand', 'DecryptCommand'])
    expect(Buffer.from(value).includes(secret)).toBe(false)
  })

  test('opens for its own context alone (I22)', async () => {
    const worker = given()
    const context = contextOf()
    const value = await worker.seal(context, secret)
    for (const change of [
      { tenant: contextOf().tenant },
      { provider: 'etherscan' },
      { connection: 'conn_2' },
      { field: 'tokens' },
      { schema: 2 },
    ])
      await expect(openSealed({ ...context, ...change }, value, worker.deps.keys)).rejects.toMatchObject(
        broken,
      )
  })

  test('with any byte changed or cut off opens never, and is no fault of the vault', async () => {
    const worker = given()
    const context = contextOf()
    const value = Buffer.from(await worker.seal(context, secret))
    await fc.assert(
      fc.asyncProperty(fc.nat(value.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(value)
        changed[at] = (changed[at] ?? 0) ^ flip
        await expect(openSealed(context, changed, worker.deps.keys)).rejects.toMatchObject(broken)
        await expect(openSealed(context, value.subarray(0, at), worker.deps.keys)).rejects.toMatchObject(
          broken,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('needs both halves: what KMS unwraps, and the share of the tenant', async () => {
    const worker = given()
    const context = contextOf()
    const own = ownKeyed(await worker.seal(context, secret))
    if (!own) throw new Error('no key of its own')
    expect(epochOf(own.sealed)).toBe(0)
    const plain = await kmsKeyWrap(worker.kms).unwrap(context.tenant, own.wrapped)
    const { createSecretKey } = await import('node:crypto')
    const half = { epoch: 0, key: createSecretKey(plain) }
    expect(() => open(half, context, own.sealed)).toThrow(expect.objectContaining(broken))
  })

  test('many sealed at once for a new tenant share one share, and all of them open', async () => {
    const context = contextOf()
    const workers = Array.from({ length: 8 }, given)
    const values = await Promise.all(workers.map((worker) => worker.seal(context, secret)))
    const { keys } = given().deps
    for (const value of values) expect((await openSealed(context, value, keys)).equals(secret)).toBe(true)
  })

  test('lives beside the keys of epochs, which the share does not disturb', async () => {
    const worker = given()
    const context = contextOf()
    const current = await worker.deps.keys.current(context.tenant)
    const value = await worker.seal(context, secret)
    // The worker has the tenant's keys in memory, from before there was a share.
    expect((await openSealed(context, value, worker.deps.keys)).equals(secret)).toBe(true)
    const other = await given().deps.keys.current(context.tenant)
    expect(other.epoch).toBe(current.epoch)
    expect(other.key.export().equals(current.key.export())).toBe(true)
  })
})

describe('the care of keys', () => {
  test('once the tenant is shredded, it opens nowhere, though KMS would still unwrap its key', async () => {
    const [worker, fresh] = [given(), given()]
    const connection = await worker.added('distru', { key: 'the-key' })
    await worker.credentials.of(connection)
    await dynamoShred(worker.table)(connection.tenant)
    await expect(fresh.credentials.of(connection)).rejects.toMatchObject(broken)
    // A worker that has it in memory forgets it within five minutes.
    await worker.clock.advance(300_000)
    await expect(worker.credentials.of(connection)).rejects.toMatchObject(broken)
    // A new share does not bring the old value back.
    await dynamoTenantShare(worker.table)(connection.tenant, Buffer.alloc(32, 7))
    await expect(given().credentials.of(connection)).rejects.toMatchObject(broken)
  })

  test('wrapping again covers it: another blob, the same content, the same version', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    const { tenant, id } = connection
    await worker.deps.keys.current(tenant)
    const count = await rewrapKeys(tenant, {
      wrap: kmsKeyRewrap(worker.kms),
      store: dynamoWrappedKeys(worker.table),
      connections: dynamoConnectionList(worker.table),
      vault: worker.deps.vault,
    })
    expect(count).toBe(2)
    const after = await worker.deps.vault.get(tenant, id, { consistent: true })
    expect(after?.version).toBe(connection.version)
    const blob = (tokens: Uint8Array | undefined) => Buffer.from(ownKeyed(tokens ?? secret)?.wrapped ?? [])
    expect(blob(after?.tokens).equals(blob(connection.tokens))).toBe(false)
    expect((await revealed(given().credentials.of(connection))).headers).toEqual({
      authorization: 'Bearer the-key',
    })
  })

  test('wrapping again does not undo a key that was replaced meanwhile', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'old' })
    await worker.added('distru', { key: 'new' }, connection)
    expect(await worker.deps.vault.reseal(connection, connection.tokens)).toBe('lost')
    expect((await revealed(worker.credentials.of(connection))).headers).toEqual({
      authorization: 'Bearer new',
    })
  })
})

describe('the writes of a key', () => {
  test('one whose answer got lost is repeated without harm', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'the-key' })
    const { vault } = worker.deps
    expect(await vault.connectKey(connection, connection.owner ?? '')).toEqual(connection)
    expect(await vault.endKey(connection, 'key_rejected')).toBe('saved')
    expect(await vault.endKey(connection, 'key_rejected')).toBe('saved')
    const stands = await vault.get(connection.tenant, connection.id)
    expect(stands).toMatchObject({ version: connection.version + 1, state: 'needs_reauth' })
  })

  test('of one that was replaced since it was read change nothing', async () => {
    const worker = given()
    const connection = await worker.added('distru', { key: 'old' })
    const newer = await worker.added('distru', { key: 'new' }, connection)
    const { vault } = worker.deps
    expect(await vault.endKey(connection, 'key_rejected')).toBe('lost')
    expect(await vault.postpone(connection, undefined)).toBe('lost')
    expect(await vault.get(connection.tenant, connection.id)).toEqual(newer)
  })
})

test('the form survives putting together and taking apart', () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  fc.assert(
    fc.property(bytes, bytes, (wrapped, sealed) => {
      const own = ownKeyed(withOwnKey({ wrapped, sealed }))
      expect([Buffer.from(own?.wrapped ?? []), Buffer.from(own?.sealed ?? [])]).toEqual([
        Buffer.from(wrapped),
        Buffer.from(sealed),
      ])
    }),
  )
})
