import { readFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from '#lib/admin/operations.ts'
import { problem as problemSchema } from '#lib/admin/schemas.ts'
import { keyFormsOf } from '#lib/oauth/grant-of.ts'
import { fieldsOf } from '#lib/oauth/key-forms.ts'
import { providers } from '#lib/providers/catalog.ts'
import { kmsKeyMaker } from '#lib/vault/key-maker.kms.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { sealer } from '#lib/vault/sealer.ts'
import { dynamoTenantShare } from '#lib/vault/wrapped-keys.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenKeyWorker, revealed, startKeyServices, type KeyServices } from '../../fakes/given-keys.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { buildFunctions } from '../../../scripts/build.ts'

let services: KeyServices
let given: GivenAdmin
/** Everything that an answer has ever said. */
const said: string[] = []
beforeAll(async () => {
  services = await startKeyServices()
  const { client, kms, keyId, table } = services
  const random = seededRandom(77)
  const clock = virtualClock()
  given = await givenAdmin(services, {
    clock,
    changes: {
      vault: dynamoVault({ client, table, clock }),
      connections: dynamoConnectionList({ client, table }),
      seal: sealer({
        maker: kmsKeyMaker({ client: kms, keyId }),
        share: dynamoTenantShare({ client, table }),
        random,
      }),
    },
  })
})
afterAll(() => services.close())

type Json = Record<string, unknown>

async function call(path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const response = await given.api(path, body)
  const text = await response.text()
  said.push(text)
  return { status: response.status, body: JSON.parse(text) as Json }
}
const add = (body: unknown) => call('/api/connections', body)

async function refused(body: unknown, status: number, code: string): Promise<Json> {
  const answer = await add(body)
  expect(answer).toMatchObject({ status, body: { code } })
  expect(problemSchema.safeParse(answer.body).success).toBe(true)
  return answer.body
}

describe('POST /api/connections', () => {
  test('makes a connection whose key a reader gets, and answers its item', async () => {
    const { status, body } = await add({
      tenant: 'acme',
      provider: 'distru',
      credentials: { key: 'canary-0-0123456789' },
    })
    expect(status).toBe(201)
    expect(operations.createConnection.answer.safeParse(body).error?.issues ?? []).toEqual([])
    expect(body).toMatchObject({
      tenant: 'acme',
      provider: 'distru',
      account: 'default',
      kind: 'key',
      fingerprint: '6789',
      status: 'active',
      expiresAt: null,
    })
    const connection = { tenant: 'acme', id: String(body['id']) }
    expect(await revealed(givenKeyWorker(services).credentials.of(connection))).toEqual({
      headers: { authorization: 'Bearer canary-0-0123456789' },
      query: {},
    })
    const found = await call(`/api/connections/${connection.id}?tenant=acme`)
    expect(found.body).toEqual(body)
  })

  test('a year is announced where the provider ends keys after one', async () => {
    const { body } = await add({ tenant: 'year', provider: 'distru', credentials: { key: 'canary-1' } })
    const end = new Date(given.deps.clock.now() + 365 * 86_400_000).toISOString()
    expect(body).toMatchObject({ hardExpiresAt: end, fingerprint: null })
  })

  test('again replaces the key: the same id, the new fingerprint', async () => {
    const body = { tenant: 'twice', provider: 'etherscan', account: 'main' }
    const first = await add({ ...body, credentials: { key: 'canary-2-aaaaaaaaaa-old1' } })
    const second = await add({ ...body, credentials: { key: 'canary-2-aaaaaaaaaa-new2' } })
    expect(second).toMatchObject({ status: 201, body: { id: first.body['id'], fingerprint: 'new2' } })
    const { body: page } = await call('/api/connections?tenant=twice')
    expect(page['items']).toHaveLength(1)
  })

  test('takes every form of every provider', async () => {
    for (const { id } of providers) {
      for (const form of keyFormsOf(id)) {
        const credentials = Object.fromEntries(fieldsOf(form).map((name) => [name, `canary-3-${name}`]))
        const { status, body } = await add({ tenant: 'all', provider: id, credentials })
        expect([status, body['status']], `${id} ${fieldsOf(form).join()}`).toEqual([201, 'active'])
      }
    }
  })

  test.each([
    ['quickbooks', /connect-links/],
    ['gmail', /connect-links/],
    ['paypal', /PAYPAL_CLIENT_ID/],
    ['firebase', /FIREBASE_CLIENT_ID/],
    ['ses', /sends webhooks/],
    ['nobody', /no provider/],
    ['constructor', /no provider/],
  ])('of %s, which takes no key, says what to do instead', async (provider, words) => {
    const body = await refused(
      { tenant: 'acme', provider, credentials: { key: 'canary-4' } },
      400,
      'malformed_request',
    )
    expect(body['errors']).toEqual([{ pointer: '/provider', detail: expect.stringMatching(words) }])
  })

  test('says which names the provider takes, and repeats none that was given', async () => {
    const twilio = { tenant: 'acme', provider: 'twilio' }
    const wrong = await refused({ ...twilio, credentials: { 'canary-5': 'x' } }, 400, 'unknown_field')
    expect(wrong['errors']).toEqual([
      { pointer: '/credentials', detail: 'takes accountSid and authToken; or keySid and keySecret' },
    ])
    expect(JSON.stringify(wrong)).not.toContain('canary-5')
    await refused({ ...twilio, credentials: { accountSid: 'AC1' } }, 400, 'malformed_request')
    await refused({ ...twilio, credentials: { accountSid: 'AC1', keySecret: 's' } }, 400, 'malformed_request')
    await refused({ ...twilio, credentials: {} }, 400, 'malformed_request')
  })

  test.each([
    { tenantId: 'other' },
    { role: 'owner' },
    { status: 'active' },
    { id: `conn_${'x'.repeat(32)}` },
    { hardExpiresAt: '2099-01-01T00:00:00Z' },
    { kind: 'oauth' },
    { fingerprint: 'aaaa' },
    { state: 'pending' },
  ])('B081: refuses the field of %j', async (more) => {
    await refused(
      { tenant: 'acme', provider: 'distru', credentials: { key: 'canary-6' }, ...more },
      400,
      'unknown_field',
    )
  })

  test.each([
    ['tenant', ''],
    ['tenant', 'A'],
    ['tenant', undefined],
    ['provider', 7],
    ['account', ''],
    ['account', 'a b'],
    ['account', 'x'.repeat(257)],
    ['credentials', undefined],
    ['credentials', 'canary-7'],
    ['credentials', ['canary-7']],
    ['credentials', { key: 7 }],
    ['credentials', { key: null }],
    ['extras', { 'not a name': 'x' }],
    ['extras', { site: 'a\r\nb' }],
    ['extras', { site: '' }],
    ['extras', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`n${i}`, 'x']))],
  ])('refuses a %s of %j', async (name, value) => {
    await refused(
      { tenant: 'acme', provider: 'distru', credentials: { key: 'canary-8' }, [name]: value },
      400,
      'malformed_request',
    )
  })

  test.each([
    '',
    'canary-9\r\nx-admin: 1',
    'canary-9\n',
    'ключ-canary-9',
    `canary-9${'x'.repeat(16_384)}`,
    'canary-9 x',
  ])('refuses the key %j, and does not repeat it', async (key) => {
    const body = await refused(
      { tenant: 'bad', provider: 'distru', credentials: { key } },
      400,
      'malformed_request',
    )
    expect(body['errors']).toMatchObject([{ pointer: '/credentials/key' }])
  })

  test('takes exactly the keys that can be sent, whatever they look like', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.base64String())
    await fc.assert(
      fc.asyncProperty(text, async (key) => {
        const { status } = await add({ tenant: 'fuzz', provider: 'etherscan', credentials: { key } })
        expect(status).toBe(/^[!-~]{1,8192}$/.test(key) ? 201 : 400)
      }),
      { numRuns: 60 },
    )
  })

  test('in the place of an account that its user has connected is a conflict', async () => {
    const taken = await givenAdmin(services, {
      changes: { vault: { ...given.deps.vault, connectKey: async () => 'taken' }, seal: given.deps.seal },
    })
    const response = await taken.api('/api/connections', {
      tenant: 'acme',
      provider: 'stripe',
      credentials: { key: 'canary-10' },
    })
    expect([response.status, ((await response.json()) as Json)['code']]).toEqual([409, 'conflict'])
  })

  test('while the table or KMS is away is a 503, and nothing is stored', async () => {
    const away = await givenAdmin(services, {
      changes: {
        seal: sealer({
          maker: { generate: () => Promise.reject(new Error('canary-11')) },
          share: async (_, offered) => offered,
          random: given.deps.random,
        }),
      },
    })
    const body = { tenant: 'away', provider: 'distru', credentials: { key: 'canary-11' } }
    const response = await away.api('/api/connections', body)
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('canary')
    expect((await away.deps.connections.list('away', undefined, 10)).connections).toEqual([])
  })
})

test('B089: no key is in any answer, log line or item, as it is or encoded', async () => {
  await add({
    tenant: 'hidden',
    provider: 'mixpanel',
    credentials: { username: 'canary-user', secret: 'canary-secret-0123', projectId: 'canary-project' },
    extras: { site: 'canary-site' },
  })
  await call('/api/connections?tenant=hidden')
  const { Items = [] } = await services.client.send(new ScanCommand({ TableName: services.table }))
  expect(Items.length).toBeGreaterThan(10)
  const bytes = Items.flatMap((item) =>
    Object.values(item).map(({ B }) => Buffer.from(B ?? []).toString('latin1')),
  )
  const everything = [...said, ...given.lines, JSON.stringify(Items), ...bytes].join('\n')
  expect(everything).not.toMatch(/canary|Y2FuYXJ5|NhbmFye|jYW5hcn|63616e617279/)
  // The search would find it.
  expect(`x${Buffer.from('canary').toString('base64')}`).toMatch(/Y2FuYXJ5/)
})

describe('the admin function', () => {
  test('holds nothing that opens: no key of a tenant, no unwrapping', () => {
    const names: string[] = []
    const collect = (value: unknown, depth: number): void => {
      if (typeof value !== 'object' || value === null || depth > 3) return
      for (const [name, inner] of Object.entries(value)) {
        names.push(name)
        collect(inner, depth + 1)
      }
    }
    collect({ ...given.deps, providers: [] }, 0)
    expect(names).toContain('connectKey')
    for (const name of ['unwrap', 'wrap', 'keys', 'ofEpoch', 'own', 'current', 'rewrap', 'open'])
      expect(names).not.toContain(name)
  })

  test('has no Decrypt and no opening of values in its bundle, which the refresher has', async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'sluice-keys-'))
    try {
      const built = await buildFunctions({ outDir })
      const inputs = (name: string): string =>
        Object.values(built.find((each) => each.name === name)?.metafile.outputs ?? {})
          .flatMap((output) => Object.entries(output.inputs))
          .flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
          .join('\n')
      const opening = /commands\/DecryptCommand|vault\/(data-keys|open-sealed|key-wrap\.kms)\.ts/
      expect(inputs('refresher')).toMatch(opening)
      expect(inputs('admin')).toMatch(/vault\/sealer\.ts/)
      expect(inputs('admin')).not.toMatch(opening)
      const code = readdirSync(join(outDir, 'admin'))
        .filter((file) => file.endsWith('.mjs'))
        .map((file) => readFileSync(join(outDir, 'admin', file), 'utf8'))
        .join('\n')
      expect(code).not.toContain('createDecipheriv')
    } finally {
      rmSync(outDir, { recursive: true, force: true })
    }
  })
})
