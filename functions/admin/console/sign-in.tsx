import type { Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { newSession } from '#lib/admin/session.ts'
import {
  beginSignIn,
  finishSignIn,
  signInLifetime,
  type SignedIn,
  type SignInDeps,
} from '#lib/admin/sign-in.ts'
import { audited } from '../audited.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { addressOf } from '../requests.ts'
import { signInDeed } from '../sign-in-limit.ts'
import { lookingAhead } from './looking-ahead.ts'
import { NoticePage, SignedOutPage } from './notice-page.tsx'
import { page } from './page.tsx'
import { isSecure, signIn, signOut } from './session.ts'

type Refusal = Exclude<SignedIn['kind'], 'signed_in'> | 'too_large'

/** Lax: the browser must bring it when the issuer, another site, sends it back. It opens nothing by itself. */
const cookieOf = (deps: AdminDeps) =>
  ({
    name: isSecure(deps) ? '__Host-sluice-sign-in' : 'sluice-sign-in',
    attributes: { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure(deps) },
  }) as const

/** Sign-in by the issuer that the config names. A link leads there, not a form: the policy lets no form leave this site. */
export function signInRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/sign-in', async (c) => {
    const flow = flowOf(c, deps)
    if (!flow) return c.redirect('/console', 303)
    if (lookingAhead(c)) return c.body(null, 204)
    const begun = await beginSignIn(flow)
    if (!begun) return refuse('unavailable', c, deps)
    const { name, attributes } = cookieOf(deps)
    setCookie(c, name, begun.cookie, { ...attributes, maxAge: signInLifetime / 1_000 })
    return c.redirect(begun.url, 303)
  })
  app.get('/callback', async (c) => {
    const flow = flowOf(c, deps)
    if (!flow) return c.redirect('/console', 303)
    if (lookingAhead(c)) return c.body(null, 204)
    const { name, attributes } = cookieOf(deps)
    const cookie = getCookie(c, name) ?? ''
    const result = await finishSignIn(new URL(c.req.url).searchParams, cookie, c.get('signal'), flow)
    deleteCookie(c, name, attributes)
    if (result.kind !== 'signed_in') {
      const reason = 'why' in result ? result.why : result.kind
      deps.log('warn', 'a sign-in to the console was refused', { reason })
      return refuse(result.kind, c, deps)
    }
    const { caller, subject } = result
    const enter = async (): Promise<Response> => {
      if (!signIn(c, newSession(caller, subject, deps), deps)) return refuse('too_large', c, deps)
      deps.log('info', 'someone signed in to the console by the issuer', {})
      // The session's cookie is for this site alone: the next page must be asked for by a page of this site.
      return c.html(goingOn(deps))
    }
    return (await audited({ ...signInDeed, actor: caller.actor }, enter, c, deps)) ?? c.res
  })
  app.get('/signed-out', (c) => c.html(signedOutPage(c, deps)))
}

/** Ends the session here, and then at the issuer where it has an address for that. */
export async function logout(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  signOut(c, deps)
  const client = deps.people?.config.console
  const addresses = client && c.get('session').subject !== undefined && (await deps.issuer?.addresses())
  if (!addresses || addresses.endSessionUrl === undefined) return c.redirect('/console', 303)
  const url = new URL(addresses.endSessionUrl)
  const back = `${addressOf(c, deps)}/console/signed-out`
  // OpenID Connect's two, and what Cognito calls the second.
  const parameters = { client_id: client.clientId, post_logout_redirect_uri: back, logout_uri: back }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return c.html(signedOutPage(c, deps, url.href))
}

const flowOf = (c: Context<AdminEnv>, deps: AdminDeps): SignInDeps | undefined => {
  const { people, issuer } = deps
  if (!people?.config.console || !issuer) return undefined
  const redirectUri = `${addressOf(c, deps)}/console/callback`
  return { ...deps, people, issuer, token: c.get('token'), redirectUri }
}

const signedOutPage = (c: Context<AdminEnv>, deps: AdminDeps, goOn?: string) =>
  page({
    title: 'Signed out',
    stage: deps.stage,
    signedIn: false,
    goOn,
    children: <SignedOutPage address={addressOf(c, deps)} byIssuer={deps.issuer !== undefined} />,
  })

const goingOn = ({ stage }: AdminDeps) =>
  page({
    title: 'Signed in',
    stage,
    signedIn: false,
    goOn: '/console',
    children: (
      <NoticePage title="You are signed in">
        <p>
          <a href="/console">Go on to the console</a>
        </p>
      </NoticePage>
    ),
  })

const refusals = {
  unknown: [400, 'This sign-in was not begun here', 'It has to end in the browser that it was begun in.'],
  expired: [410, 'This sign-in took too long', 'It has to be done within ten minutes.'],
  used: [410, 'This sign-in has been used', 'Each can be used once.'],
  denied: [403, 'The sign-in was not allowed', 'You, or the identity provider, said no.'],
  refused: [403, 'The sign-in failed', 'What came from the identity provider is not what was asked for.'],
  no_role: [403, 'You have no role here', 'Someone must give you viewer, operator or admin.'],
  too_large: [403, 'You have too many tenants', 'A browser keeps no session with so many. Use the API.'],
  unavailable: [503, 'The identity provider does not answer', 'Try again in a moment.'],
} as const satisfies Record<Refusal, readonly [status: number, title: string, text: string]>

function refuse(kind: Refusal, c: Context<AdminEnv>, { stage }: AdminDeps): Response | Promise<Response> {
  const [status, title, text] = refusals[kind]
  const children = (
    <NoticePage title={title}>
      <p>{text}</p>
      <p>
        <a href="/console/sign-in">Sign in again</a>
      </p>
    </NoticePage>
  )
  return c.html(page({ title, stage, signedIn: false, children }), status)
}
