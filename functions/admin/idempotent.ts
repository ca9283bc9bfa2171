import type { Context, MiddlewareHandler } from 'hono'
import type { KeptAnswer } from '#lib/admin/kept-answers.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import type { Problem } from '#lib/http/problem.ts'
import { hashTuple } from '#lib/primitives/bytes.ts'
import { elapsed, type EpochMs } from '#lib/primitives/clock.ts'
import { token128, type Random } from '#lib/primitives/random.ts'
import { problem } from '../common/problem.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'

const header = 'idempotency-key'
const grammar = /^[\u0021-\u007e]{1,255}$/

const malformed: Problem = {
  code: 'malformed_request',
  detail: 'Idempotency-Key takes 1 to 255 printable ASCII characters without blanks.',
}
const other: Problem = {
  code: 'conflict',
  detail: 'This Idempotency-Key was sent with another request. Take a new one for each thing to be done.',
}
const running = (seconds: number): Problem => ({
  code: 'conflict',
  detail: 'The first request with this Idempotency-Key is not answered yet. Ask again.',
  headers: { 'retry-after': String(seconds) },
})

/**
 * Gives a request that comes again with its `Idempotency-Key` its first answer, for a day. A key is of one caller and one
 * operation. Without the header nothing is kept.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ which asks for 422 where this answers 409
 */
export const idempotent =
  (operation: Operation, deps: AdminDeps): MiddlewareHandler<AdminEnv> =>
  async (c, next): Promise<Response | void> => {
    const key = c.req.header(header)
    if (key === undefined) return next()
    if (!grammar.test(key)) return problem(malformed, c)
    const { actor, tenants } = c.get('caller')
    const whose = JSON.stringify(tenants === 'all' ? tenants : tenants.toSorted())
    const scope = hashTuple(actor, operation.id, whose, key).toString('base64url')
    const { pathname, search } = new URL(c.req.url)
    const print = hashTuple(pathname, search, await c.req.text()).toString('base64url')
    const owner = token128(deps.random)
    const begun = await deps.answers.begin(scope, print, owner)
    switch (begun.kind) {
      case 'other':
        return problem(other, c)
      case 'running':
        return problem(running(Math.ceil(elapsed(deps.clock.now(), begun.until) / 1_000)), c)
      case 'answered':
        return again(begun.answer, c)
      case 'mine':
        c.set('random', keyedRandom(scope, begun.since))
        await next()
        await settle(scope, owner, c, deps)
    }
  }

function again({ status, contentType, body }: KeptAnswer, c: Context<AdminEnv>): Response {
  const notes = c.get('notes')
  if (notes) notes.outcome = 'repeated'
  return new Response(body, {
    status,
    headers: { 'content-type': contentType, 'idempotency-replayed': 'true' },
  })
}

/** What has been answered stays answered also where it could not be kept: then the next try does the same once more. */
async function settle(
  scope: string,
  owner: string,
  c: Context<AdminEnv>,
  { answers, log }: AdminDeps,
): Promise<void> {
  try {
    const { status } = c.res
    if (status >= 500) return await answers.giveBack(scope, owner, 'again')
    if (status >= 400) return await answers.giveBack(scope, owner, 'free')
    const contentType = c.res.headers.get('content-type') ?? ''
    await answers.keep(scope, owner, { status, contentType, body: await c.res.clone().text() })
  } catch (error) {
    log('error', 'an answer could not be kept for its Idempotency-Key', { error: describeError(error) })
  }
}

/**
 * The same chance for every try of one request: what an interrupted try has sent, the next one sends under the same ids.
 */
function keyedRandom(scope: string, since: EpochMs): Random {
  let drawn = 0
  const block = (): Buffer => hashTuple(scope, String(since), String((drawn += 1)))
  return {
    bytes: (length) =>
      Buffer.concat(Array.from({ length: Math.ceil(length / 32) }, block)).subarray(0, length),
    fraction: () => block().readUInt32BE() / 2 ** 32,
  }
}
