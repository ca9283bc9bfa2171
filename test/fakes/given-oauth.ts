import { createHash } from 'node:crypto'
import { oauthApp, type OAuthAppDeps } from '#functions/oauth/app.ts'
import { findAttempt } from '#lib/oauth/attempt.ts'
import { linkName } from '#lib/oauth/connect-store.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import type { SigningKey } from '#lib/oauth/signed-jwt.ts'
import { later } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import type { OAuthCode } from '#lib/providers/auth.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import type { KeyWrap } from '#lib/vault/key-wrap.ts'
import { dynamoConnectionList } from '#lib/vault/connection-list.dynamo.ts'
import { dynamoVault } from '#lib/vault/vault.dynamo.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import { createConnections, createTables, type Tables } from './tables.ts'
import { virtualClock } from './virtual-clock.ts'

/** What a provider's user agreed to, waiting for its code to be exchanged. */
interface Consent {
  readonly challenge: string
  readonly redirectUri: string
  used: boolean
}

/** A browser on its way to the provider. */
export interface OpenFlow {
  readonly authorize: URL
  readonly cookie: string
  readonly state: string
  readonly linkId: string
}

export interface GivenOAuth {
  readonly clock: ReturnType<typeof virtualClock>
  readonly deps: OAuthAppDeps
  readonly lines: string[]
  /** Bodies of the token calls. */
  readonly exchanges: URLSearchParams[]
  /** Tokens that were given back. */
  readonly revoked: string[]
  /** Makes a link, as the API does. */
  link(more?: Partial<Parameters<OAuthAppDeps['store']['addLink']>[1]>): Promise<string>
  get(path: string, headers?: Readonly<Record<string, string>>, init?: RequestInit): Promise<Response>
  /** Opens a new link as a browser does. */
  open(more?: Parameters<GivenOAuth['link']>[0]): Promise<OpenFlow>
  openLink(linkId: string, provider?: string): Promise<OpenFlow>
  /** The user agrees: the code that the browser brings back. */
  consent(authorize: URL): string
  /** What the API says of a link. */
  attempt(linkId: string): ReturnType<typeof findAttempt>
  connections(): ReturnType<ReturnType<typeof dynamoConnectionList>['list']>
}

let made = 0

/** A key service in memory: what it wraps is turned around. */
const keyWrap: KeyWrap = {
  generate: async () => {
    const plain = Buffer.alloc(32, 9)
    return { plain, wrapped: plain.toReversed() }
  },
  unwrap: async (_tenant, wrapped) => Uint8Array.from(wrapped).toReversed(),
}

/** The connect flow with everything real but time, KMS, and the provider, which answers as told. */
export async function givenOAuth(
  { client }: Tables,
  options: {
    readonly provider?: string
    readonly auth?: Partial<OAuthCode>
    readonly privateKey?: SigningKey
    /** What the provider's other addresses answer; `undefined`: a code is to be exchanged. */
    readonly route?: (request: Request) => Response | undefined
    readonly answer?: object
    readonly account?: string
    /** Of the ID token, over those of a good one. */
    readonly claims?: object
    /** What the token endpoint says instead, whatever it is asked. */
    readonly tokenAnswer?: () => Response
  } = {},
): Promise<GivenOAuth> {
  made += 1
  const [ledger, control, connections] = ['l', 'c', 'v'].map((name) => `oauth-${name}-${made}`) as [
    string,
    string,
    string,
  ]
  await createTables(client, ledger, control)
  await createConnections(client, connections)
  const clock = virtualClock()
  const random = seededRandom(made)
  const lines: string[] = []
  const consents = new Map<string, Consent>()
  const exchanges: URLSearchParams[] = []
  const revoked: string[] = []
  const keys = dataKeys({ wrap: keyWrap, store: dynamoWrappedKeys({ client, table: connections }), clock })
  const provider = options.provider ?? 'sandbox'
  const auth = { ...(connectGrantOf(provider) as OAuthCode), ...options.auth }
  const claims = { sub: options.account ?? 'alice', aud: 'client', exp: 4_000_000_000, ...options.claims }
  const idToken = `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`
  const deps: OAuthAppDeps = {
    clock,
    random,
    keys,
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    metrics: { count: () => {}, measure: () => {} },
    vault: dynamoVault({ client, table: connections, clock, keys }),
    store: dynamoConnectStore({ client, table: control }),
    clients: {
      of: async (id) => ({
        provider: id,
        clientId: 'client',
        clientSecret: new Secret('client-secret'),
        ...(options.privateKey && { privateKey: options.privateKey }),
        auth,
      }),
    },
    revoke: async (_connection, tokens) => void revoked.push(tokens.accessToken),
    redirectUri: (id) => `https://sluice.test/oauth/${id}/callback`,
    returnTo: ['https://app.example.com/settings/'],
    isKnown: (id) => connectGrantOf(id) !== undefined,
    fetch: (async (url: string, init: RequestInit) => {
      const routed = options.route?.(new Request(url, { ...init, signal: null }))
      if (routed) return routed
      const body = new URLSearchParams(init.body as string)
      exchanges.push(body)
      if (options.tokenAnswer) return options.tokenAnswer()
      const consent = consents.get(body.get('code') ?? '')
      const verifier = body.get('code_verifier')
      const challenge = verifier === null ? '' : createHash('sha256').update(verifier).digest('base64url')
      const isRight =
        consent?.used === false &&
        consent.challenge === challenge &&
        consent.redirectUri === (body.get('redirect_uri') ?? '')
      if (!isRight) return Response.json({ error: 'invalid_grant' }, { status: 400 })
      consent.used = true
      const tokens = { access_token: `access-canary-${exchanges.length}`, refresh_token: 'refresh-canary' }
      return Response.json({
        ...tokens,
        token_type: 'Bearer',
        expires_in: 3_600,
        id_token: idToken,
        ...options.answer,
      })
    }) as typeof fetch,
  }
  const app = oauthApp(deps)
  const given: GivenOAuth = {
    clock,
    deps,
    lines,
    exchanges,
    revoked,
    async link(more = {}) {
      const id = `link-${(made += 1)}-${'x'.repeat(20)}`
      const expiresAt = later(clock.now(), 1_800_000)
      await deps.store.addLink(id, {
        provider,
        tenant: 'acme',
        scopes: ['openid'],
        isShared: false,
        expiresAt,
        ...more,
      })
      return id
    },
    get: async (path, headers = {}, init = {}) =>
      app.request(`https://sluice.test${path}`, { headers, ...init }),
    open: async (more) => given.openLink(await given.link(more)),
    async openLink(linkId, at = provider) {
      const answer = await given.get(`/oauth/${at}/connect?link=${linkId}`)
      const authorize = new URL(answer.headers.get('location') ?? 'about:blank')
      const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
      return { authorize, cookie, state: authorize.searchParams.get('state') ?? '', linkId }
    },
    consent(authorize) {
      const code = `code-${(made += 1)}`
      const { searchParams } = authorize
      consents.set(code, {
        challenge: searchParams.get('code_challenge') ?? '',
        redirectUri: searchParams.get('redirect_uri') ?? '',
        used: false,
      })
      return code
    },
    attempt: (linkId) => findAttempt({ tenant: 'acme', name: linkName(linkId) }, clock.now(), deps),
    connections: () => dynamoConnectionList({ client, table: connections }).list(undefined, undefined, 100),
  }
  return given
}
