import { Hono, type Context } from 'hono'
import { contextStorage } from 'hono/context-storage'
import { mayAct, type Role } from '#lib/access/caller.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { auditedForms } from '../audited.ts'
import { addressOf } from '../requests.ts'
import { limitedSignIns, signInDeed, sourceOf } from '../sign-in-limit.ts'
import { assets } from './assets.ts'
import { auditPageRoutes } from './audit-routes.tsx'
import { connectionPageRoutes } from './connection-routes.tsx'
import { deadLetterRoutes } from './dead-letter-routes.tsx'
import { eventRoutes } from './event-routes.tsx'
import { roleFor } from './form-operations.ts'
import { limitPageRoutes } from './limit-routes.tsx'
import { live, type Visit } from './live.ts'
import { login } from './login.tsx'
import { NoticePage, SignedOutPage } from './notice-page.tsx'
import { overviewRoutes } from './overview-routes.tsx'
import { page } from './page.tsx'
import { pollPageRoutes } from './poll-routes.tsx'
import { replayPageRoutes } from './replay-routes.tsx'
import { logout, signInRoutes } from './sign-in.tsx'
import { isOwnForm, sessionOf } from './session.ts'

/**
 * The web console: pages rendered here, one script that keeps them up to date. Signing in takes a one-time link; every
 * request after that proves itself by a cookie, and every change also by its origin.
 */
export function consoleApp(deps: AdminDeps, visit: Visit): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>()
  for (const { path, type, content } of Object.values(assets)) {
    app.get(path.replace('/console', ''), (c) =>
      c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }),
    )
  }
  // So that every form of a page can carry its session's token.
  app.use('*', contextStorage())
  app.use('*', async (c, next) => {
    const token = await deps.token()
    if (!token) return c.html(withoutToken(deps), 503)
    c.set('token', token)
    return next()
  })
  for (const path of ['/login', '/callback'])
    app.use(path, limitedSignIns(sourceOf, signInDeed, deps, tooMany))
  app.get('/login', (c) => login(c, deps))
  signInRoutes(app, deps)
  app.use('*', async (c, next) => {
    const session = sessionOf(c, deps)
    if (!session) return signedOut(c, deps)
    c.set('session', session)
    c.set('caller', session.caller)
    const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD'
    if (changes && !(await isOwnForm(c, deps))) return c.html(foreign(deps), 403)
    const needed = changes ? roleFor(c.req.path) : 'viewer'
    return mayAct(session.caller, needed) ? next() : c.html(notAllowed(needed, deps), 403)
  })
  app.use('*', auditedForms(deps))
  app.post('/logout', (c) => logout(c, deps))
  app.get('/live', (c) => live(c, deps, visit))
  eventRoutes(app, deps)
  deadLetterRoutes(app, deps)
  connectionPageRoutes(app, deps)
  pollPageRoutes(app, deps)
  replayPageRoutes(app, deps)
  limitPageRoutes(app, deps)
  auditPageRoutes(app, deps)
  overviewRoutes(app, deps)
  app.all('*', (c) => c.html(notFound(deps), 404))
  return app
}

/** A visit from a link on another site comes without the cookie; the page itself may then ask again with it. */
async function signedOut(c: Context<AdminEnv>, deps: AdminDeps): Promise<Response> {
  const { stage } = deps
  const fromElsewhere = c.req.method === 'GET' && c.req.header('sec-fetch-site') === 'cross-site'
  const goOn = fromElsewhere ? '/console' : undefined
  return c.html(
    page({
      title: 'Sign in',
      stage,
      signedIn: false,
      goOn,
      children: <SignedOutPage address={addressOf(c, deps)} byIssuer={deps.issuer !== undefined} />,
    }),
    401,
  )
}

const withoutToken = ({ stage }: AdminDeps) =>
  page({
    title: 'No admin token',
    stage,
    signedIn: false,
    children: (
      <NoticePage title="This deployment has no admin token">
        <p>Nobody can sign in until the secret of the admin function can be read and has a token in it.</p>
      </NoticePage>
    ),
  })

const tooMany = (c: Context<AdminEnv>, { stage }: AdminDeps, waitSeconds: number) => {
  c.header('retry-after', String(waitSeconds))
  const title = 'Too many tries to sign in'
  const children = (
    <NoticePage title={title}>
      <p>Wait a minute and try again.</p>
    </NoticePage>
  )
  return c.html(page({ title, stage, signedIn: false, children }), 429)
}

const foreign = ({ stage }: AdminDeps) =>
  page({
    title: 'Refused',
    stage,
    children: (
      <NoticePage title="This came from another page">
        <p>
          Nothing was changed. <a href="/console">Go on from the console</a>.
        </p>
      </NoticePage>
    ),
  })

const notAllowed = (role: Role, { stage }: AdminDeps) =>
  page({
    title: 'Not allowed',
    stage,
    children: (
      <NoticePage title={`This takes the role ${role}`}>
        <p>
          Nothing was changed. <a href="/console">Go on from the console</a>.
        </p>
      </NoticePage>
    ),
  })

const notFound = ({ stage }: AdminDeps) =>
  page({
    title: 'Not found',
    stage,
    children: (
      <NoticePage title="There is no such page">
        <p>
          <a href="/console">To the overview</a>
        </p>
      </NoticePage>
    ),
  })
