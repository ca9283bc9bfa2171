import * as z from 'zod/mini'
import type { Secret } from '../../primitives/secret.ts'
import { github } from '../../providers/github.ts'
import { askText, type ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, jsonBody, pathTo, typedItems, withQuery, type AskOptions } from './asking.ts'
import { httpsUrl, time } from './fields.ts'

const name = z.string().check(z.regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/, 'must be a name of GitHub'))
const repository = { owner: name, repo: name }
const { default: dialect } = github.api.pages

const webhookInput = z.strictObject({
  ...repository,
  /** Where Sluice listens: `https://…/webhooks/github`. */
  url: httpsUrl,
  events: z.optional(
    z.array(z.string().check(z.regex(/^(?:\*|[a-z_]+)$/, 'must be an event'))).check(z.minLength(1)),
  ),
})

const webhook = z.looseObject({
  id: z.int(),
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.looseObject({ url: z.optional(z.string()) }),
})

export type Webhook = z.output<typeof webhook>

/**
 * Makes a webhook of a repository that is signed with a secret. Needs the permission for webhooks (a classic token's
 * `admin:repo_hook`); without it GitHub answers 404. One with the same address and events is an ApiError of kind `invalid`
 * (422), so that making it twice makes one.
 * @see https://docs.github.com/en/rest/repos/webhooks#create-a-repository-webhook
 */
export async function createWebhook(
  client: ApiClient,
  input: z.input<typeof webhookInput>,
  secret: Secret,
  options: AskOptions = {},
): Promise<Webhook> {
  const { owner, repo, url, events = ['push'] } = checked('github createWebhook', webhookInput, input)
  const config = { url, content_type: 'json', insecure_ssl: '0', secret: secret.reveal() }
  const body = jsonBody({ name: 'web', active: true, events, config })
  return askOne(client, webhook, pathTo`/repos/${owner}/${repo}/hooks`, asked(client, options, body))
}

const commitsInput = z.strictObject({
  ...repository,
  /** A branch, tag or hash; the default branch without it. */
  sha: z.optional(z.string()),
  path: z.optional(z.string()),
  since: z.optional(time),
  until: z.optional(time),
})

const commit = z.looseObject({
  sha: z.string().check(z.regex(/^[\da-f]{40,64}$/)),
  commit: z.looseObject({
    message: z.string(),
    author: z.nullable(z.looseObject({ name: z.optional(z.string()), date: z.optional(z.string()) })),
  }),
  /** The account, if GitHub knows one. */
  author: z.optional(z.nullable(z.looseObject({ login: z.optional(z.string()) }))),
})

export type Commit = z.output<typeof commit>

/**
 * Commits of a repository, the newest first, along the `Link` of each page. An empty repository is an ApiError of kind
 * `conflict` (409).
 * @see https://docs.github.com/en/rest/commits/commits#list-commits
 */
export function listCommits(
  client: ApiClient,
  input: z.input<typeof commitsInput>,
  options: AskOptions = {},
): AsyncGenerator<Commit, void, void> {
  const { owner, repo, ...params } = checked('github listCommits', commitsInput, input)
  const start = withQuery(pathTo`/repos/${owner}/${repo}/commits`, params)
  return typedItems(commit, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

const hookInput = z.strictObject({ ...repository, hookId: z.int() })

const delivery = z.looseObject({
  /** Of this attempt. */
  id: z.int(),
  /** Of the event: the same at each redelivery, and what `X-GitHub-Delivery` says. */
  guid: z.string(),
  delivered_at: z.string(),
  redelivery: z.boolean(),
  status: z.string(),
  /** 0 where there was no answer. */
  status_code: z.int(),
  event: z.string(),
  action: z.nullable(z.string()),
})

export type Delivery = z.output<typeof delivery>

/**
 * What a webhook sent in the last three days, the newest first, each attempt by itself.
 * @see https://docs.github.com/en/rest/repos/webhooks#list-deliveries-for-a-repository-webhook
 */
export function listDeliveries(
  client: ApiClient,
  input: z.input<typeof hookInput>,
  options: AskOptions = {},
): AsyncGenerator<Delivery, void, void> {
  const { owner, repo, hookId } = checked('github listDeliveries', hookInput, input)
  const start = pathTo`/repos/${owner}/${repo}/hooks/${hookId}/deliveries`
  return typedItems(delivery, itemsIn(client, { dialect, start, init: asked(client, options, {}) }))
}

/**
 * The events that never arrived: no attempt at them was answered with a 2xx. Of each the newest attempt, which is the one to
 * send again.
 */
export function undelivered(attempts: readonly Delivery[]): Delivery[] {
  const arrived = new Set(attempts.filter(isOk).map(({ guid }) => guid))
  const newest = new Map<string, Delivery>()
  for (const attempt of attempts) {
    const known = newest.get(attempt.guid)
    if (!known || attempt.delivered_at > known.delivered_at) newest.set(attempt.guid, attempt)
  }
  return [...newest.values()].filter(({ guid }) => !arrived.has(guid))
}

const isOk = ({ status_code: code }: Delivery): boolean => code >= 200 && code < 300

const redeliveryInput = z.strictObject({ ...repository, hookId: z.int(), deliveryId: z.int() })

/**
 * Has GitHub send an attempt again. It answers before it does so. Done twice it sends twice, under one guid.
 * @see https://docs.github.com/en/rest/repos/webhooks#redeliver-a-delivery-for-a-repository-webhook
 */
export async function redeliver(
  client: ApiClient,
  input: z.input<typeof redeliveryInput>,
  options: AskOptions = {},
): Promise<void> {
  const { owner, repo, hookId, deliveryId } = checked('github redeliver', redeliveryInput, input)
  const path = pathTo`/repos/${owner}/${repo}/hooks/${hookId}/deliveries/${deliveryId}/attempts`
  await askText(client, path, asked(client, options, { method: 'POST' }))
}
