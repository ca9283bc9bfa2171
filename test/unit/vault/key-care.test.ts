import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServices, type Services } from '#infra/local/services/start-services.ts'
import { callAwsJson } from '#infra/local/services/call.ts'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { refreshDue, type RefreshDueDeps } from '#lib/oauth/refresh-due.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { keyCare } from '#lib/vault/key-care.ts'
import { kmsKeyRewrap } from '#lib/vault/key-rewrap.kms.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoKeyTasks } from '#lib/vault/key-tasks.dynamo.ts'
import { dynamoShred } from '#lib/vault/shred.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
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
})
afterAll(async () => {
  client.destroy()
  kms.destroy()
  await services.close()
})

let made = 0
/** A table with one tenant that has one key, the API's side of it, and the refresher's. */
async function given() {
  const name = `key-care-${(made += 1)}`
  await createConnections(client, name)
  const clock = virtualClock()
  const table = { client, table: name }
  const store = dynamoWrappedKeys(table)
  const wrap = kmsKeyWrap({ client: kms, keyId })
  const tasks = dynamoKeyTasks({ ...table, clock })
  const lines: string[] = []
  const care = keyCare({
    tasks,
    wrap: kmsKeyRewrap({ client: kms, keyId }),
    store,
    connections: dynamoConnectionList(table),
    vault: dynamoVault({ ...table, clock }),
    shred: dynamoShred(table),
    clock,
    log: (_level, message) => void lines.push(message),
  })
  const { plain, wrapped } = await wrap.generate('acme')
  await store.add('acme', 1, wrapped)
  const round = {
    ...dynamoDueConnections(table),
    clock,
    careForKeys: care,
    log: () => {},
  } as unknown as RefreshDueDeps
  return { clock, store, wrap, tasks, care, lines, plain, wrapped, round: () => refreshDue(100, 10, round) }
}

describe('what is asked for a tenant’s keys', () => {
  test('is done by the next round of the refresher: the same key, wrapped anew', async () => {
    const { tasks, round, store, wrap, plain, wrapped, clock } = await given()
    expect(await tasks.ask('acme', 'rewrap')).toBe(true)
    expect(await tasks.about('acme')).toEqual({ keys: 1, task: 'rewrap' })
    expect(await round()).toBe(1)
    expect(await tasks.about('acme')).toEqual({ keys: 1, rewrappedAt: clock.now() })
    const [anew] = (await store.read('acme')).wrapped.values()
    if (!anew) throw new Error('the key is gone')
    expect(Buffer.from(anew).equals(Buffer.from(wrapped))).toBe(false)
    expect(Buffer.from(await wrap.unwrap('acme', anew)).equals(Buffer.from(plain))).toBe(true)
    expect(await round()).toBe(0)
  })

  test('destroys them when it says so, and is told so', async () => {
    const { tasks, round, store, lines } = await given()
    await tasks.ask('acme', 'shred')
    await round()
    expect(await store.read('acme')).toEqual({ wrapped: new Map() })
    expect(await tasks.about('acme')).toBeUndefined()
    expect(lines).toEqual(['the keys of a tenant were shredded'])
    expect(await round()).toBe(0)
  })

  test('is nothing for a tenant without keys, which gets none by it', async () => {
    const { tasks, round } = await given()
    for (const task of ['rewrap', 'shred'] as const) expect(await tasks.ask('globex', task)).toBe(false)
    expect(await tasks.about('globex')).toBeUndefined()
    expect(await round()).toBe(0)
  })

  test('does not save keys that are to be shredded', async () => {
    const { tasks } = await given()
    await tasks.ask('acme', 'shred')
    expect(await tasks.ask('acme', 'rewrap')).toBe(false)
    expect(await tasks.ask('acme', 'shred')).toBe(true)
    expect(await tasks.about('acme')).toMatchObject({ task: 'shred' })
  })

  test('again while it is being done is done again', async () => {
    const { tasks, clock } = await given()
    await tasks.ask('acme', 'rewrap')
    const startedAt = clock.now()
    await clock.advance(1_000)
    await tasks.ask('acme', 'rewrap')
    await tasks.rewrapped('acme', startedAt)
    expect(await tasks.about('acme')).toEqual({ keys: 1, task: 'rewrap' })
  })

  test('does not bring back keys that were shredded while they were wrapped', async () => {
    const { tasks, care, store, wrapped } = await given()
    await tasks.ask('acme', 'shred')
    await care('acme')
    await store.replace('acme', 1, { before: wrapped, after: wrapped })
    await tasks.rewrapped('acme', epochMs(Number.MAX_SAFE_INTEGER))
    expect(await tasks.about('acme')).toBeUndefined()
  })
})
