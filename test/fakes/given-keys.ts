import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startServices } from '#infra/local/services/start-services.ts'
import { accessTokens } from '#lib/oauth/access-token.ts'
import { addKey, type Added } from '#lib/oauth/add-key.ts'
import type { Announcement } from '#lib/oauth/announce.ts'
import { connectionCredentials, type ConnectionCredentials } from '#lib/oauth/credentials.ts'
import { keyFormsOf } from '#lib/oauth/grant-of.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import type { RefreshDueDeps } from '#lib/oauth/refresh-due.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { sandbox } from '#lib/providers/sandbox.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import type { Connection } from '#lib/vault/connection.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { dynamoDueConnections } from '#lib/vault/due-connections.dynamo.ts'
import { kmsKeyMaker, type KmsKeyWrapOptions } from '#lib/vault/key-maker.kms.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { sealer, type Sealer } from '#lib/vault/sealer.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoTenantShare, dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { createConnections } from './tables.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

export interface KeyServices {
  readonly client: DynamoDBClient
  readonly kms: KMSClient
  readonly keyId: string
  readonly table: string
  readonly close: () => Promise<void>
}

/** The local DynamoDB with a Connections table, and the local KMS with a key. */
export async function startKeyServices(): Promise<KeyServices> {
  const services = await startServices()
  const common = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  }
  const client = new DynamoDBClient({ ...common, endpoint: services.endpoints.dynamodb })
  const kms = new KMSClient({ ...common, endpoint: services.endpoints.kms })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  await createConnections(client, 'connections')
  return {
    client,
    kms,
    keyId: KeyMetadata?.Arn ?? '',
    table: 'connections',
    close: async () => {
      client.destroy()
      kms.destroy()
      await services.close()
    },
  }
}

export interface KeyWorker {
  readonly clock: VirtualClock
  readonly deps: RefreshDueDeps
  readonly seal: Sealer
  readonly credentials: ConnectionCredentials
  readonly table: { readonly client: DynamoDBClient; readonly table: string }
  readonly kms: KmsKeyWrapOptions
  /** Names of the commands that went to AWS. */
  readonly calls: string[]
  readonly lines: string[]
  readonly counted: string[]
  readonly announced: Announcement[]
  /** What fails before it reaches AWS, or to tell news. */
  readonly faults: { aws?: (command: string) => void; announce?: () => void }
  /** As the API does. */
  add(
    provider: string,
    values: Readonly<Record<string, string>>,
    more?: { readonly tenant?: string; readonly account?: string; readonly extras?: Record<string, string> },
  ): Promise<Added>
  added(...parameters: Parameters<KeyWorker['add']>): Promise<Connection>
}

let made = 0

/** One process of its own over the shared table and key, its calls to AWS counted. */
export function givenKeyWorker(services: KeyServices): KeyWorker {
  const clock = virtualClock()
  const random = seededRandom((made += 1))
  const [calls, lines, counted]: [string[], string[], string[]] = [[], [], []]
  const announced: Announcement[] = []
  const faults: KeyWorker['faults'] = {}
  const counting = (inner: { send: (...args: never[]) => Promise<unknown> }) => ({
    send: async (command: { constructor: { name: string } }) => {
      calls.push(command.constructor.name)
      faults.aws?.(command.constructor.name)
      return inner.send(command as never)
    },
  })
  const table = { client: counting(services.client) as never, table: services.table }
  const kms = { client: counting(services.kms) as never, keyId: services.keyId }
  const keys = dataKeys({ wrap: kmsKeyWrap(kms), store: dynamoWrappedKeys(table), clock })
  const shared: RefreshDeps = {
    clock,
    random,
    keys,
    vault: dynamoVault({ ...table, clock, keys }),
    escrow: { put: async () => {}, get: async () => undefined, delete: async () => {} },
    clients: {
      of: async (provider) => ({
        provider,
        clientId: 'c',
        clientSecret: new Secret('client-secret'),
        auth: sandbox.auth,
      }),
    },
    guard: outageGuard(clock),
    fetch: async () => new Response('', { status: 503 }),
    revoke: async () => void calls.push('revoke'),
    announce: async (announcement) => {
      faults.announce?.()
      announced.push(announcement)
    },
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    metrics: { count: (name) => void counted.push(name), measure: () => {} },
  }
  const tokens = accessTokens(shared)
  const deps: RefreshDueDeps = {
    ...shared,
    tokens,
    ...dynamoDueConnections(table),
    endSubscriptions: async () => {},
    careForKeys: async () => {},
  }
  const seal = sealer({ maker: kmsKeyMaker(kms), share: dynamoTenantShare(table), random })
  const add: KeyWorker['add'] = (provider, values, more = {}) => {
    const { tenant = `tenant-${(made += 1)}`, account = 'default', extras } = more
    return addKey({ tenant, provider, account, values, ...(extras && { extras }) }, keyFormsOf(provider), {
      vault: deps.vault,
      seal,
      clock,
      random,
    })
  }
  return {
    clock,
    deps,
    seal,
    credentials: connectionCredentials({ keys, clock, tokens, formsOf: keyFormsOf }),
    table,
    kms,
    calls,
    lines,
    counted,
    announced,
    faults,
    add,
    async added(...parameters) {
      const outcome = await add(...parameters)
      if (outcome.kind !== 'added') throw new Error(`not added: ${outcome.kind}`)
      return outcome.connection
    },
  }
}

/** What a call would carry, in the clear. */
export async function revealed(
  of: ReturnType<ConnectionCredentials['of']>,
): Promise<{ readonly headers: Record<string, string>; readonly query: Record<string, string> }> {
  const outcome = await of
  if (outcome.kind !== 'credentials') throw new Error(`no credentials: ${outcome.kind}`)
  const plain = (secrets: Readonly<Record<string, Secret>>) =>
    Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]))
  return { headers: plain(outcome.credentials.headers), query: plain(outcome.credentials.query) }
}
