import { Hono, type Context } from 'hono'
import { covers } from '#lib/access/tenant-scope.ts'
import { proxy as limits } from '#lib/config/defaults.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import type { Sluice } from '#lib/outbound/sluice.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { deadlineAfter, raceSignal, type Deadline } from '#lib/primitives/deadline.ts'
import type { Log } from '#lib/telemetry/log.ts'
import { connectionIdGrammar } from '#lib/vault/connection-id.ts'
import type { Connection } from '#lib/vault/connection.ts'
import type { ConnectionList } from '#lib/vault/connection-list.ts'
import { authenticate, needs, type AccessDeps, type AccessEnv } from '../common/authenticate.ts'
import { requestId } from '../common/problem.ts'
import { answerOf } from './answer.ts'
import { callProblem, disconnected, problemOf, speakerHeader, type CallProblem } from './problems.ts'
import { readCall, type WantedCall } from './request.ts'

export interface ProxyDeps extends AccessDeps {
  readonly clock: Clock
  readonly log: Log
  readonly sluice: Sluice
  readonly connections: Pick<ConnectionList, 'find'>
}

interface ProxyEnv extends AccessEnv {
  readonly Variables: AccessEnv['Variables'] & {
    /** Passes before the function's time is up. */
    readonly deadline: Deadline
  }
}

/**
 * Calls to providers from outside: `ANY /proxy/{connection}/{path}`. The provider's answer as it came, or a problem of ours;
 * the header `sluice-answer` says whose it is.
 */
export function proxyApp(deps: ProxyDeps): Hono<ProxyEnv> {
  const app = new Hono<ProxyEnv>()
  app.use('*', async (c, next) => {
    const deadline = deadlineAfter(deps.clock, limits.budgetMs)
    c.set('deadline', deadline)
    await next()
    deadline.end()
    if (!c.res.headers.has(speakerHeader)) c.header(speakerHeader, 'sluice')
  })
  app.use('*', authenticate(deps))
  app.use('*', needs('operator'))
  app.all('/proxy/:connection/*', (c) => serve(c, c.req.param('connection'), deps))
  app.notFound((c) => refuse(unknown, c))
  app.onError((error, c) => {
    const problem = problemOf(error)
    if (problem.code === 'internal')
      deps.log('error', 'a call failed', { error: describeError(error), requestId: requestId(c) })
    return refuse(problem, c)
  })
  return app
}

const unknown: CallProblem = {
  code: 'unknown_connection',
  detail:
    'Call /proxy/{connection}/{path} with the id of a connection of yours; GET /api/connections lists them.',
}

const refuse = (problem: CallProblem, c: Context<ProxyEnv>): Response => callProblem(problem, requestId(c))

async function serve(c: Context<ProxyEnv>, id: string, deps: ProxyDeps): Promise<Response> {
  const { signal } = c.get('deadline')
  const wanted = readCall(c.req.raw, `/proxy/${id}`)
  if (!wanted.ok) return refuse(wanted.problem, c)
  const found = connectionIdGrammar.test(id) && (await raceSignal(deps.connections.find(id), signal))
  // Another tenant's is as unknown as one that never was.
  if (!found || !covers(c.get('caller').tenants, found.tenant)) return refuse(unknown, c)
  // Known at once here; whatever else calls by it may have its token in memory for some minutes.
  if (found.state !== 'active') return refuse(disconnected(found.cause ?? found.state), c)
  const body = await c.req.arrayBuffer()
  if (body.byteLength > limits.maxBodyBytes)
    return refuse({ code: 'body_too_large', detail: `Send at most ${limits.maxBodyBytes} bytes.` }, c)
  const answer = await raceSignal(call(found, wanted.value, { body, signal }, deps.sluice), signal)
  const { tenant, provider } = found
  const attempts = Number(answer.headers.get('sluice-attempts'))
  deps.log('info', 'a call was made', { tenant, provider, connection: id, status: answer.status, attempts })
  return answer
}

interface Brought {
  readonly body: ArrayBuffer
  readonly signal: AbortSignal
}

async function call(
  { tenant, provider, account }: Connection,
  { path, base, options, init }: WantedCall,
  { body, signal }: Brought,
  sluice: Sluice,
): Promise<Response> {
  const send = sluice.fetch(tenant, { provider, account, ...(base !== undefined && { base }) }, options)
  return answerOf(await send(path, { ...init, signal, ...(body.byteLength > 0 && { body }) }))
}
