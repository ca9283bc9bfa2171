import { createHash } from 'node:crypto'
import type { OAuthClient } from '#lib/oauth/client.ts'
import { ms, toSeconds } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { OAuthCode } from '#lib/providers/auth.ts'
import { sandbox as sandboxProvider } from '#lib/providers/sandbox.ts'
import type { Sandbox } from '../sandbox.ts'
import type { ConnectWorld, Visit } from './world.ts'

/** What a user agreed to at a provider. */
export interface Consent {
  readonly provider: string
  readonly state: string
  readonly account: string
  readonly browser: string
  readonly challenge: string | null
  readonly redirectUri: string
  used: boolean
  /** The code came a second time: everything that it gave is void. */
  revoked: boolean
}

export interface Issue {
  readonly consent: Consent
  /** The request in which the tokens were fetched. */
  readonly visit: Visit | undefined
}

export interface SimProviders {
  readonly clients: ReadonlyMap<string, OAuthClient>
  /** By access token. */
  readonly issued: ReadonlyMap<string, Issue>
  /** The user agrees, or not: the address that the browser is sent back to. */
  authorize(address: string, who: { readonly account: string; readonly browser: string }): URL
  fetchFor(box: Sandbox, visit: () => Visit | undefined): typeof fetch
}

export const providers = ['sandbox', 'issuing', 'plain'] as const

const { issuer: _none, ...base }: OAuthCode = sandboxProvider.auth
const declarations: Readonly<Record<(typeof providers)[number], Partial<OAuthCode>>> = {
  sandbox: {},
  issuing: { issuer: 'https://issuing.sim' },
  plain: { pkce: false, account: { pointer: '/team/id' }, clientAuth: 'body' },
}
export const hasPkce = (provider: string): boolean => provider !== 'plain'

/** Authorization servers: codes are good once, for their client, redirect address and challenge; a second use voids all. */
export function simProviders(world: ConnectWorld): SimProviders {
  const { clock, random, faults, truth } = world
  const consents = new Map<string, Consent>()
  const issued = new Map<string, Issue>()
  const canary = (kind: string): string => {
    // Characters that every way of spelling spells otherwise.
    const text = `${kind}+canary/${Buffer.from(random.bytes(12)).toString('base64')}`
    truth.secrets.nowhere.add(text)
    return text
  }
  const clients = new Map(
    providers.map((provider) => [
      provider as string,
      {
        provider,
        clientId: `client-of-${provider}`,
        clientSecret: new Secret(canary('client-secret')),
        auth: {
          ...base,
          authorizeUrl: `https://${provider}.sim/auth`,
          tokenUrl: `https://${provider}.sim/token`,
          revokeUrl: `https://${provider}.sim/revoke`,
          ...declarations[provider],
        },
      } satisfies OAuthClient,
    ]),
  )

  const judge = (provider: string, form: URLSearchParams): Consent | undefined => {
    const consent = consents.get(form.get('code') ?? '')
    if (consent?.provider !== provider || consent.redirectUri !== form.get('redirect_uri')) return undefined
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    // A server asks for a verifier where a challenge came.
    if (consent.challenge !== null && consent.challenge !== challenge) {
      world.saw('a code met another verifier than its own')
      return undefined
    }
    if (consent.used) {
      consent.revoked = true
      world.saw('a code came to its provider a second time')
      return undefined
    }
    consent.used = true
    return consent
  }
  const grant = (consent: Consent, visit: Visit | undefined): object => {
    const [accessToken, refreshToken] = [canary('access'), canary('refresh')]
    issued.set(accessToken, { consent, visit })
    const exp = toSeconds(clock.now()) + 3_600
    const iss = `https://${consent.provider}.sim`
    const claims = { iss, sub: consent.account, aud: `client-of-${consent.provider}`, exp }
    return {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: 3_600,
      team: { id: consent.account },
      id_token: `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`,
    }
  }
  return {
    clients,
    issued,
    authorize(address, { account, browser }) {
      const { host, searchParams } = new URL(address)
      const provider = host.replace('.sim', '')
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      const state = searchParams.get('state') ?? ''
      back.searchParams.set('state', state)
      if (provider === 'issuing') back.searchParams.set('iss', 'https://issuing.sim')
      if (random.fraction() < 0.07) {
        back.searchParams.set('error', 'access_denied')
        return back
      }
      const code = canary('code')
      const redirectUri = searchParams.get('redirect_uri') ?? ''
      const challenge = searchParams.get('code_challenge')
      const facts = { provider, state, account, browser, challenge, redirectUri }
      consents.set(code, { ...facts, used: false, revoked: false })
      back.searchParams.set('code', code)
      return back
    },
    fetchFor: (box, visit) =>
      (async (url: string, init: RequestInit) => {
        const provider = new URL(url).host.replace('.sim', '')
        const form = new URLSearchParams(init.body as string)
        const { pathname } = new URL(url)
        if (pathname === '/token') judgeExchange(world, provider, visit())
        const verifier = form.get('code_verifier')
        if (verifier) truth.secrets.nowhere.add(verifier)
        box.count('before')
        await box.awake()
        await clock.sleep(ms(5 + random.fraction() * 200))
        if (faults.chance(0.04, 'a token call never arrives')) throw new TypeError('fetch failed')
        if (faults.chance(0.04, 'the token endpoint answers 503')) return Response.json({}, { status: 503 })
        if (pathname === '/revoke') return Response.json({})
        const isSlow = faults.chance(0.03, 'the token endpoint is slow')
        const consent = judge(provider, form)
        const answer = consent && grant(consent, visit())
        if (isSlow) await clock.sleep(ms(30_000))
        if (faults.chance(0.05, 'the answer of the token endpoint is lost'))
          throw new TypeError('fetch failed')
        await clock.sleep(ms(5 + random.fraction() * 200))
        box.count('after')
        await box.awake()
        return answer ? Response.json(answer) : Response.json({ error: 'invalid_grant' }, { status: 400 })
      }) as typeof fetch,
  }
}

const stateMs = 600_000

/** I19: at the very moment at which a code leaves for its provider. */
function judgeExchange(world: ConnectWorld, provider: string, visit: Visit | undefined): void {
  const flow = world.truth.flows.get(visit?.query['state'] ?? '')
  if (!visit || !flow) return world.report('I19', 'a code was exchanged for a state that nobody was given')
  flow.exchanges += 1
  if (flow.exchanges > 1) world.report('I19', 'one state led to two exchanges')
  if (flow.link.provider !== provider || visit.provider !== provider)
    world.report('I19', `a state of ${flow.link.provider} led to an exchange at ${provider}`)
  if (!visit.cookie.split(/; |=/).includes(flow.cookie))
    world.report('I19', 'a code was exchanged for a browser without the cookie of its state')
  if (visit.arrivedAt > flow.begunAt + stateMs + 2 * world.skewMs)
    world.report('I19', 'a code was exchanged after its state had run out')
}
