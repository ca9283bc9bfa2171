import * as z from 'zod/mini'
import { auth0 } from '../../providers/auth0.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, typedItems, withQuery, type AskOptions } from './asking.ts'

const usersInput = z.strictObject({
  /** As in Lucene: `email_verified:false`. Auth0 finds 1,000 at most. */
  query: z.optional(z.string()),
})

const user = z.looseObject({
  user_id: z.string(),
  email: z.optional(z.nullable(z.string())),
  created_at: z.optional(z.string()),
  updated_at: z.optional(z.string()),
})

export type Auth0User = z.output<typeof user>

/**
 * Users, in the order they were made. Auth0 shows the first 1,000 of a search: where there are more, it is an error in place of an
 * end, and the search must be made smaller (by `created_at`, say) or the users exported.
 * @see https://auth0.com/docs/api/management/v2/users/get-users
 */
export function listUsers(
  client: ApiClient,
  input: z.input<typeof usersInput> = {},
  options: AskOptions = {},
): AsyncGenerator<Auth0User, void, void> {
  const { query } = checked('auth0 listUsers', usersInput, input)
  const start = withQuery('/users', { q: query, search_engine: query && 'v3', sort: 'created_at:1' })
  const { default: dialect } = auth0.api.pages
  return typedItems(user, itemsIn(client, { dialect, start, maxPages: 10, init: asked(client, options, {}) }))
}

const log = z.looseObject({
  log_id: z.string().check(z.minLength(1)),
  /** A short code: `s` is a login, `f` a failed one. */
  type: z.string(),
  date: z.string(),
})

export type Auth0Log = z.output<typeof log>

const logsInput = z.strictObject({
  /** The `log_id` that an earlier reading ended with. */
  after: z.string().check(z.minLength(1, 'must be the id of a log')),
})

/**
 * What was logged after an entry, oldest first: the last one's `log_id` is where the next reading begins. How long entries are kept
 * depends on the plan, a day at least; an id that is gone is an ApiError.
 * @see https://auth0.com/docs/deploy-monitor/logs/retrieve-log-events-using-mgmt-api
 */
export function listLogs(
  client: ApiClient,
  input: z.input<typeof logsInput>,
  options: AskOptions = {},
): AsyncGenerator<Auth0Log, void, void> {
  const { after } = checked('auth0 listLogs', logsInput, input)
  const { logs: dialect } = auth0.api.pages
  const start = withQuery('/logs', { from: after })
  return typedItems(log, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

/** The newest entry, to begin after; `undefined` while there is none. @see listLogs */
export async function newestLog(client: ApiClient, options: AskOptions = {}): Promise<Auth0Log | undefined> {
  const path = withQuery('/logs', { sort: 'date:-1', per_page: 1, page: 0 })
  const [newest] = await askOne(client, z.array(log), path, asked(client, options, {}))
  return newest
}
