import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { healthCheck } from '#lib/admin/health.ts'
import { openApiDocument } from '#lib/admin/openapi.ts'
import { describeError, SluiceError } from '#lib/errors/sluice-error.ts'
import { seconds } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'
import { api } from './api.ts'
import { consoleApp } from './console/console.tsx'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { problem, requestId } from '../common/problem.ts'

/** Well before the function's own time is up. */
const budget = seconds(20)

/** The API, the console, the health check and the document that describes them. */
export function adminApp(deps: AdminDeps): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>()
  const health = healthCheck(deps.probes, deps.clock)
  app.use('*', guarded)
  app.use('*', async (c, next) => {
    const deadline = deadlineAfter(deps.clock, budget)
    c.set('signal', deadline.signal)
    await next()
    deadline.end()
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  })
  app.get('/health', async (c) => {
    const answer = await health()
    return c.json(answer, answer.status === 'healthy' ? 200 : 503)
  })
  app.get('/openapi.json', (c) => c.json(openApiDocument(deps.publicUrl)))
  app.route('/api', api(deps))
  app.route(
    '/console',
    consoleApp(deps, (request, c) => app.fetch(request, c.env)),
  )
  for (const path of ['/health', '/openapi.json']) {
    app.all(path, (c) =>
      problem({ code: 'method_not_allowed', detail: 'Use GET.', headers: { allow: 'GET' } }, c),
    )
  }
  app.notFound((c) => problem({ code: 'not_found', detail: 'See /openapi.json for what there is.' }, c))
  app.onError((error, c) => failed(error, c, deps))
  return app
}

/** Nothing from elsewhere runs in a page, no page stands in another's frame, and nothing is kept by a cache. */
const guarded = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // Not `no-referrer`: browsers would then name no origin with a form, and the console could not know its own.
  referrerPolicy: 'same-origin',
  strictTransportSecurity: 'max-age=31536000',
})

function failed(error: unknown, c: Context<AdminEnv>, { log }: AdminDeps): Response {
  log('error', 'a request could not be answered', { error: describeError(error), requestId: requestId(c) })
  const temporary = error instanceof SluiceError && error.consequence === 'retry'
  return temporary
    ? problem({ code: 'unavailable', detail: 'Try again in a moment.', headers: { 'retry-after': '5' } }, c)
    : problem({ code: 'internal', detail: 'Nothing was changed that you could not repeat. Try again.' }, c)
}
