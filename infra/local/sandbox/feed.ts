import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Changes } from './changes.ts'
import { addressOf, answer, refuse } from './http.ts'

export interface FeedDeps {
  readonly changes: Changes
  /** Whose token it is; `undefined` for one that is not good, or not any more. */
  readonly accountOf: (token: string) => Promise<string | undefined>
}

const mostOfPage = 100

/**
 * `GET /changes?since=&after=&limit=`: what changed in the account of the token, oldest first, by time and then by id. `since` is
 * inclusive, `after` the id that the last page ended with.
 */
export async function answerFeed(
  request: IncomingMessage,
  response: ServerResponse,
  { changes, accountOf }: FeedDeps,
): Promise<void> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const account = token === undefined ? undefined : await accountOf(token)
  if (account === undefined) {
    const refusal = { error: 'invalid_token', error_description: 'The access token is no good here.' }
    return refuse(response, 401, refusal, { 'www-authenticate': 'Bearer error="invalid_token"' })
  }
  const bad = (description: string): void =>
    refuse(response, 400, { error: 'invalid_request', error_description: description })
  const query = addressOf(request).searchParams
  const since = query.get('since')
  const after = query.get('after')
  const limit = Number(query.get('limit') ?? mostOfPage)
  if (since !== null && Number.isNaN(Date.parse(since))) return bad('since is no time')
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > mostOfPage)
    return bad(`limit goes from 1 to ${mostOfPage}`)
  const page = changes.list({
    account,
    limit,
    ...(since !== null && { since: new Date(since).toISOString() }),
    ...(after !== null && { after }),
  })
  return page ? answer(response, 200, page) : bad('after is the id of no change')
}
