import { Hono, type Context } from 'hono'
import { ingest as limits } from '#lib/config/defaults.ts'
import { noRequestId, type GatewayBindings } from '#lib/http/gateway.ts'
import { problemResponse, type Problem } from '#lib/http/problem.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { ingest, type IngestDeps, type IngestOutcome } from '#lib/webhooks/ingest.ts'

type Env = { Bindings: Partial<GatewayBindings> }

/** HTTP in front of {@link ingest}: routes, headers and status codes, and nothing else. */
export function webhookApp(deps: IngestDeps): Hono<Env> {
  const app = new Hono<Env>()
  app.post('/webhooks/:provider/:endpoint?', async (c) => {
    const outcome = await ingest(
      {
        provider: c.req.param('provider'),
        endpoint: c.req.param('endpoint'),
        header: (name) => c.req.header(name),
        target: c.req.url.slice(c.req.url.indexOf('/', 'https://'.length)),
        body: new Uint8Array(await c.req.arrayBuffer()),
      },
      deps,
    )
    return answer(outcome, c)
  })
  app.all('/webhooks/:provider/:endpoint?', (c) =>
    problem({ code: 'method_not_allowed', detail: 'Send webhooks by POST.', headers: { allow: 'POST' } }, c),
  )
  app.notFound((c) => problem({ code: 'not_found', detail: 'Webhooks go to /webhooks/{provider}.' }, c))
  app.onError((error, c) => {
    deps.log('error', 'a webhook could not be answered', {
      error: describeError(error),
      requestId: requestId(c),
    })
    return problem({ code: 'internal', detail: 'Nothing was stored. Send it again later.' }, c)
  })
  return app
}

function answer(outcome: IngestOutcome, c: Context<Env>): Response {
  switch (outcome.kind) {
    case 'handshake':
      return new Response(outcome.echo, {
        headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
      })
    case 'accepted':
    case 'ignored': {
      const { status, json } = outcome.answer
      return json ? Response.json(json, { status }) : new Response(null, { status })
    }
    case 'refused': {
      const retry = { 'retry-after': String(limits.retryAfterSeconds) }
      const temporary = outcome.code === 'unavailable' || outcome.code === 'endpoint_misconfigured'
      return problem({ ...outcome, ...(temporary && { headers: retry }) }, c)
    }
  }
}

const problem = (facts: Problem, c: Context<Env>): Response => problemResponse(facts, requestId(c))

const requestId = (c: Context<Env>): string => c.env?.requestId ?? noRequestId
