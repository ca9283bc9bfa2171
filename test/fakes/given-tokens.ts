import { accessTokens, type AccessTokens } from '#lib/oauth/access-token.ts'
import { outageGuard } from '#lib/oauth/outage-guard.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import type { OAuthClient } from '#lib/oauth/client.ts'
import type { Grant } from '#lib/oauth/token-answer.ts'
import { sealGrant } from '#lib/oauth/token-store.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { sandbox } from '#lib/providers/sandbox.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import type { Connection } from '#lib/vault/connection.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { objectEscrow } from '#lib/vault/escrow.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import type { Tables } from './tables.ts'
import { virtualClock, type VirtualClock } from './virtual-clock.ts'

/** What the token endpoint answers to the n-th call, counted from 1; an error is one of the network. */
export type Answer = (call: number, body: URLSearchParams, asked: Request) => Response | Promise<Response>

export interface GivenTokens {
  readonly clock: VirtualClock
  readonly deps: RefreshDeps
  readonly tokens: AccessTokens
  /** Names of the commands that went to AWS. */
  readonly calls: string[]
  /** Bodies of the token calls. */
  readonly asked: URLSearchParams[]
  /** Everything that the provider was asked. */
  readonly requests: Request[]
  readonly lines: string[]
  readonly counted: string[]
  readonly announced: { readonly type: string; readonly id: string }[]
  readonly revoked: string[]
  readonly objects: Map<string, Uint8Array>
  /** What fails before it reaches the table. */
  readonly faults: { table?: (command: string) => void }
  connect(more?: {
    readonly account?: string
    readonly lifetimeSeconds?: number
    readonly refreshToken?: string | undefined
    /** Over those of a usual grant. */
    readonly grant?: Partial<Grant>
  }): Promise<Connection>
  /** The token's text, or what came instead. */
  get(connection: Pick<Connection, 'tenant' | 'id'>, rejected?: string): Promise<unknown>
}

let made = 0

/** One worker over the table of connections, the provider answering as told. */
export function givenTokens(
  { client }: Tables,
  table: string,
  answer: Answer,
  as: Partial<OAuthClient> = {},
): GivenTokens {
  const { provider = 'sandbox' } = as
  const clock = virtualClock()
  const random = seededRandom((made += 1))
  const [calls, asked, lines, counted, revoked]: [string[], URLSearchParams[], string[], string[], string[]] =
    [[], [], [], [], []]
  const requests: Request[] = []
  const announced: { type: string; id: string }[] = []
  const faults: GivenTokens['faults'] = {}
  const objects = new Map<string, Uint8Array>()
  const counting = {
    send: async (command: { constructor: { name: string } }) => {
      calls.push(command.constructor.name)
      faults.table?.(command.constructor.name)
      return client.send(command as never)
    },
  } as never
  const keys = dataKeys({
    wrap: {
      generate: async () => ({ plain: Buffer.alloc(32, 9), wrapped: Buffer.alloc(32, 9) }),
      unwrap: async (_tenant, wrapped) => {
        calls.push('Decrypt')
        return wrapped
      },
    },
    store: dynamoWrappedKeys({ client: counting, table }),
    clock,
  })
  const deps: RefreshDeps = {
    clock,
    random,
    keys,
    vault: dynamoVault({ client: counting, table, clock, keys }),
    escrow: objectEscrow({
      put: async (key, bytes) => void objects.set(key, bytes),
      get: async (key) => objects.get(key),
      delete: async (key) => void objects.delete(key),
    }),
    clients: {
      of: async (id) => ({
        provider: id,
        clientId: 'c',
        clientSecret: new Secret('client-secret'),
        auth: sandbox.auth,
        ...as,
      }),
    },
    guard: outageGuard(clock),
    fetch: (async (url: string, init: RequestInit) => {
      const body = new URLSearchParams(init.body as string)
      const request = new Request(url, { ...init, signal: null })
      asked.push(body)
      requests.push(request)
      return answer(asked.length, body, request)
    }) as typeof fetch,
    revoke: async (_connection, tokens) => void revoked.push(tokens.refreshToken ?? tokens.accessToken),
    announce: async ({ type, connection }) => void announced.push({ type, id: connection.id }),
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    metrics: { count: (name) => void counted.push(name), measure: () => {} },
  }
  const tokens = accessTokens(deps)
  return {
    clock,
    deps,
    tokens,
    calls,
    asked,
    requests,
    lines,
    counted,
    announced,
    revoked,
    objects,
    faults,
    async connect({ account = 'alice', lifetimeSeconds = 1_000, grant: over = {}, ...more } = {}) {
      const tenant = `tenant-${(made += 1)}`
      const refreshToken = 'refreshToken' in more ? more.refreshToken : 'refresh-1'
      const owner = { id: connectionId(tenant, provider, account), tenant, provider }
      const grant = {
        tokens: {
          accessToken: 'access-1',
          tokenType: 'Bearer',
          ...(refreshToken !== undefined && { refreshToken }),
        },
        lifetimeSeconds,
        answer: {},
        ...over,
      }
      const facts = await sealGrant(owner, grant, { scopes: [] }, deps)
      const connection = { ...owner, account, state: 'active' as const, connectedAt: clock.now(), ...facts }
      return deps.vault.connect(connection, `connect-${made}`)
    },
    async get({ tenant, id }, rejected) {
      const outcome = await tokens.get(tenant, id, rejected === undefined ? undefined : new Secret(rejected))
      return outcome.kind === 'token' ? outcome.token.accessToken.reveal() : outcome
    },
  }
}

/** A new pair for each call. */
export const rotating: Answer = (call) =>
  Response.json({
    access_token: `access-${call + 1}`,
    refresh_token: `refresh-${call + 1}`,
    token_type: 'Bearer',
    expires_in: 1_000,
  })
