import { gzipSync } from 'node:zlib'
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as s3Sdk from '#lib/aws/s3-sdk.ts'
import type { StackFile } from '#infra/local/stack-file.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { accessTokens, type AccessTokens } from '#lib/oauth/access-token.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { connectionCredentials } from '#lib/oauth/credentials.ts'
import { connectGrantOf, keyFormsOf } from '#lib/oauth/grant-of.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import { revoker } from '#lib/oauth/revoke.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { silentLog } from '#lib/telemetry/log.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { objectEscrow } from '#lib/vault/escrow.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { afterEach, expect, test } from 'vitest'
import { signInOverHttp } from './sign-in.ts'
import { startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'

const running = new Set<StackProcess>()
const places: Awaited<ReturnType<typeof temporaryHome>>[] = []
afterEach(async () => {
  await Promise.all([...running].map((stack) => stack.end('SIGKILL')))
  running.clear()
  await Promise.all(places.splice(0).map((place) => place.remove()))
})

const env = { SLUICE_SANDBOX_TOKEN_SECONDS: '8' }
async function start(place: Awaited<ReturnType<typeof temporaryHome>>): Promise<StackProcess> {
  const stack = await startStackProcess(place.home, place.dataDir, env)
  running.add(stack)
  return stack
}

const place = async () => {
  const made = await temporaryHome()
  places.push(made)
  return made
}

/** A worker of the test's own over the stack's services, with its calls to the token endpoint counted. */
function workerOf({ endpoints, region, stage, outputs }: StackFile) {
  const options = (endpoint: string) => ({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const client = new DynamoDBClient(options(endpoints.dynamodb))
  const s3 = new S3Client({ ...options(endpoints.s3), forcePathStyle: true })
  let calls = 0
  const counted = ((input: string, init: RequestInit) => {
    calls += 1
    return fetch(input, init)
  }) as typeof fetch
  const clients = secretsManagerClients({
    client: new SecretsManagerClient(options(endpoints.secretsmanager)),
    stage,
    authOf: connectGrantOf,
    fromEnvironment: () => undefined,
    clock: systemClock,
  })
  const keys = dataKeys({
    wrap: kmsKeyWrap({ client: new KMSClient(options(endpoints.kms)), keyId: outputs['VaultKey'] ?? '' }),
    store: dynamoWrappedKeys({ client, table: outputs['ConnectionsTable'] ?? '' }),
    clock: systemClock,
  })
  const tokens: AccessTokens = accessTokens({
    clock: systemClock,
    random: systemRandom,
    keys,
    vault: dynamoVault({ client, table: outputs['ConnectionsTable'] ?? '', clock: systemClock, keys }),
    escrow: objectEscrow(
      s3Objects({ open: async () => ({ client: s3, sdk: s3Sdk }), bucket: outputs['Bucket'] ?? '' }),
    ),
    clients,
    fetch: counted,
    guard: outageGuard(systemClock),
    announce: async () => {},
    revoke: revoker({ clients, random: systemRandom, fetch: counted, clock: systemClock, log: silentLog }),
    log: silentLog,
    metrics: { count: () => {}, measure: () => {} },
  })
  const credentials = connectionCredentials({ tokens, keys, clock: systemClock, formsOf: keyFormsOf })
  return { tokens, credentials, calls: () => calls, client, s3 }
}

interface Item {
  readonly id: string
  readonly status: string
}

async function connect({ url, adminToken }: StackFile, account: string): Promise<string> {
  const api = (path: string, body?: object) =>
    fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  const link = (await (await api('/api/connect-links', { provider: 'sandbox', tenant: 'acme' })).json()) as {
    url: string
  }
  expect(await signInOverHttp(link.url, account)).toContain('Connected')
  const { items } = (await (await api('/api/connections?tenant=acme')).json()) as { items: Item[] }
  expect(items).toMatchObject([{ status: 'active' }])
  return items[0]?.id ?? ''
}

const callers = 100

/** Calls again and again until `tokens` different tokens were given out; answers them. */
async function callUntil(tokens: number, worker: AccessTokens, id: string): Promise<Set<string>> {
  const given = new Set<string>()
  while (given.size < tokens) {
    const outcomes = await Promise.all(Array.from({ length: callers }, () => worker.get('acme', id)))
    for (const outcome of outcomes) {
      expect(outcome.kind).toBe('token')
      if (outcome.kind === 'token') given.add(outcome.token.accessToken.reveal())
    }
    await new Promise((resolve) => void setImmediate(resolve))
  }
  return given
}

test('a connected account has a valid token for a hundred callers, over its expiry and a kill -9 of the stack', async () => {
  const home = await place()
  const first = await start(home)
  const id = await connect(first.file, 'alice')
  const worker = workerOf(first.file)
  const given = await callUntil(3, worker.tokens, id)
  // One request for each new token, however many wanted it.
  expect(worker.calls()).toBe(given.size - 1)

  await first.end('SIGKILL')
  running.delete(first)
  const second = await start(home)
  const other = workerOf(second.file)
  const later = await callUntil(2, other.tokens, id)
  expect(other.calls()).toBeLessThanOrEqual(later.size)
  expect(await plaintextIn(second.file, [...given, ...later])).toEqual([])
}, 60_000)

test('a key that the API took is sent by a worker, and is nowhere to be read', async () => {
  const { file } = await start(await place())
  const key = 'an-invented-key-of-distru'
  const response = await fetch(`${file.url}/api/connections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${file.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 'acme', provider: 'distru', credentials: { key } }),
  })
  const item = (await response.json()) as Item
  expect([response.status, item.status]).toEqual([201, 'active'])
  const outcome = await workerOf(file).credentials.of({ tenant: 'acme', id: item.id })
  if (outcome.kind !== 'credentials') throw new Error(outcome.kind)
  expect(outcome.credentials.headers['authorization']?.reveal()).toBe(`Bearer ${key}`)
  expect(await plaintextIn(file, [key])).toEqual([])
}, 60_000)

/** Tokens that can be read, in one of seven spellings, in any table or object of the stack. */
async function plaintextIn(file: StackFile, tokens: readonly string[]): Promise<string[]> {
  const { client, s3 } = workerOf(file)
  const stored: string[] = []
  const tables = ['ConnectionsTable', 'ControlTable', 'LedgerTable'].flatMap(
    (name) => file.outputs[name] ?? [],
  )
  for (const TableName of tables) {
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      for (const item of Items) {
        stored.push(JSON.stringify(item))
        for (const value of Object.values(item))
          if (value.B) stored.push(Buffer.from(value.B).toString('latin1'))
      }
    }
  }
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: file.outputs['Bucket'] ?? '' }))
  expect(Contents).toEqual([])
  expect(stored.length).toBeGreaterThan(0)
  const all = stored.join('\n')
  return tokens.filter((token) => spellings(token).some((spelling) => all.includes(spelling)))
}

/** Base64 without the ends, which depend on what stands beside it. */
const spellings = (token: string): string[] => {
  const bytes = Buffer.from(token)
  return [
    token,
    bytes.toString('base64').slice(0, -4),
    bytes.toString('base64url').slice(0, -4),
    bytes.toString('hex'),
    encodeURIComponent(token),
    JSON.stringify(token).slice(1, -1),
    gzipSync(bytes).toString('latin1').slice(10, -8),
  ]
}
