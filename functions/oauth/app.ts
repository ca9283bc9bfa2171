import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { describeError } from '#lib/errors/sluice-error.ts'
import { noRequestId, type GatewayBindings } from '#lib/http/gateway.ts'
import { problemResponse, type Problem } from '#lib/http/problem.ts'
import { begin } from '#lib/oauth/begin.ts'
import { callback } from '#lib/oauth/callback.ts'
import { connectDelegated } from '#lib/oauth/connect-delegated.ts'
import type { Connected, ConnectDeps } from '#lib/oauth/flow.ts'
import { isAllowedReturn, returnAddress } from '#lib/oauth/return-to.ts'
import { oauth as limits } from '#lib/config/defaults.ts'
import { noticePage, pageStyleHash } from './pages.ts'
import { notices, type Notice } from './notices.ts'

type Env = { Bindings: Partial<GatewayBindings> }

export interface OAuthAppDeps extends ConnectDeps {
  /** Whether there is such a provider, and its accounts can be connected. */
  readonly isKnown: (provider: string) => boolean
  /** Where browsers may be sent; asked again at the end, as a link may be older than the list. */
  readonly returnTo: readonly string[]
}

const cookieName = (provider: string): string => `__Host-sluice-connect-${provider}`
const linkGrammar = /^[A-Za-z0-9_-]{22,64}$/
const maxQueryChars = 8_192

/** HTTP in front of {@link begin} and {@link callback}: routes, cookies and pages, and nothing else. */
export function oauthApp(deps: OAuthAppDeps): Hono<Env> {
  const app = new Hono<Env>()
  const ended = (outcome: Connected, provider: string, c: Context<Env>) =>
    answer(onlyAllowed(outcome, deps), provider, c)
  app.use('*', guarded)
  app.use('*', (c, next) => (isNavigation(c) ? next() : Promise.resolve(page('framed', c))))
  // A HEAD would be routed as a GET, and use up what it only looks at.
  app.use('*', (c, next) => (c.req.method === 'HEAD' ? Promise.resolve(problem(onlyGet, c)) : next()))
  app.get('/oauth/:provider/connect', async (c) => {
    const provider = c.req.param('provider')
    const link = soleLink(c.req.url)
    if (!deps.isKnown(provider)) return problem(unknownProvider, c)
    if (link === undefined) return page('link_malformed', c)
    const begun = await begin(provider, link, deps)
    if (begun.kind === 'used') return page('link_used', c)
    if (begun.kind === 'unknown') return page('link_unknown', c)
    if (begun.kind === 'delegated')
      return ended(await connectDelegated(begun.stateId, begun.client, deps), provider, c)
    if (begun.kind !== 'redirect') return page('no_client', c)
    return new Response(null, {
      status: 302,
      headers: {
        location: begun.url,
        'set-cookie': setCookie(provider, begun.cookie, limits.stateMs / 1_000),
      },
    })
  })
  app.get('/oauth/:provider/callback', async (c) => {
    const provider = c.req.param('provider')
    if (!deps.isKnown(provider)) return problem(unknownProvider, c)
    const query = singles(c.req.url)
    if (!query) return page('state_invalid', c)
    const cookie = cookieIn(c.req.header('cookie') ?? '', cookieName(provider))
    return ended(await callback({ provider, query, cookie }, deps), provider, c)
  })
  for (const path of ['/oauth/:provider/connect', '/oauth/:provider/callback']) {
    app.all(path, (c) => problem(onlyGet, c))
  }
  app.notFound((c) =>
    problem({ code: 'not_found', detail: 'Connect links lead to /oauth/{provider}/connect.' }, c),
  )
  app.onError((error, c) => {
    deps.log('error', 'a connect flow could not be answered', {
      error: describeError(error),
      requestId: requestId(c),
    })
    return page('unavailable', c)
  })
  return app
}

const onlyAllowed = (outcome: Connected, { returnTo }: OAuthAppDeps): Connected =>
  'returnTo' in outcome && outcome.returnTo !== undefined && !isAllowedReturn(outcome.returnTo, returnTo)
    ? { ...outcome, returnTo: undefined }
    : outcome

function answer(outcome: Connected, provider: string, c: Context<Env>): Response | Promise<Response> {
  switch (outcome.kind) {
    case 'connected': {
      const { id, state } = outcome.connection
      return goOn(
        outcome.returnTo,
        { connection: id, status: state },
        state === 'pending' ? 'pending' : 'connected',
        provider,
        c,
      )
    }
    case 'denied':
      return goOn(outcome.returnTo, { status: 'denied' }, 'denied', provider, c)
    case 'refused':
      return goOn(outcome.returnTo, { status: 'failed', reason: outcome.why }, outcome.why, provider, c)
    default:
      return page(outcome.kind, c)
  }
}

/** To where the link says, with the result; else a page that says it. The cookie has done its work. */
function goOn(
  returnTo: string | undefined,
  result: Readonly<Record<string, string>>,
  notice: Notice,
  provider: string,
  c: Context<Env>,
): Response | Promise<Response> {
  const cookie = setCookie(provider, '', 0)
  if (returnTo === undefined) return page(notice, c, { 'set-cookie': cookie })
  return new Response(null, {
    status: 303,
    headers: { location: returnAddress(returnTo, result), 'set-cookie': cookie },
  })
}

/**
 * Whether the browser goes there itself. In a frame, or fetched ahead of a click, nothing is used up. Old browsers do not say.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
 */
const isNavigation = (c: Context<Env>): boolean =>
  (c.req.header('sec-fetch-dest') ?? 'document') === 'document' && c.req.header('sec-purpose') === undefined

const setCookie = (provider: string, value: string, seconds: number): string =>
  `${cookieName(provider)}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`

/** The one cookie of this name; two of them leave open which is meant. */
function cookieIn(header: string, name: string): string | undefined {
  const values = header.split(';').flatMap((part) => {
    const [key = '', ...value] = part.trim().split('=')
    return key === name ? [value.join('=')] : []
  })
  return values.length === 1 ? values[0] : undefined
}

/** The query, when it is short and says nothing twice. */
function singles(address: string): Readonly<Record<string, string>> | undefined {
  const { search, searchParams } = new URL(address)
  if (search.length > maxQueryChars) return undefined
  const names = [...searchParams.keys()]
  return new Set(names).size === names.length ? Object.fromEntries(searchParams) : undefined
}

/** A link and nothing beside it: what goes to the provider is not for a query to say. */
function soleLink(address: string): string | undefined {
  const query = singles(address)
  const link = query?.['link']
  return link !== undefined && Object.keys(query ?? {}).length === 1 && linkGrammar.test(link)
    ? link
    : undefined
}

const guarded = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: [pageStyleHash],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // The address of a callback holds a code.
  referrerPolicy: 'no-referrer',
  strictTransportSecurity: 'max-age=31536000',
})

const onlyGet: Problem = { code: 'method_not_allowed', detail: 'Use GET.', headers: { allow: 'GET' } }
const unknownProvider: Problem = { code: 'not_found', detail: 'There is no such provider to connect to.' }

function page(
  notice: Notice,
  c: Context<Env>,
  headers: Readonly<Record<string, string>> = {},
): Response | Promise<Response> {
  const { status, ...words } = notices[notice]
  return c.html(noticePage(words), status, { 'cache-control': 'no-store', ...headers })
}

const problem = (facts: Problem, c: Context<Env>): Response => problemResponse(facts, requestId(c))
const requestId = (c: Context<Env>): string => c.env?.requestId ?? noRequestId
