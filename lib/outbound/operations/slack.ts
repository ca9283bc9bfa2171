import * as z from 'zod/mini'
import { slack } from '../../providers/slack.ts'
import type { ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, jsonBody, typedItems, withQuery, type AskOptions } from './asking.ts'

const channel = z.string().check(z.regex(/^[#@]?[\w.-]{1,80}$/, 'must be a channel or its id'))
/** Slack's time of a message, which is its id in its channel: kept as text, because a number has not its digits. */
const timestamp = z.string().check(z.regex(/^\d{1,12}\.\d{6}$/, 'must be a time such as 1503435956.000247'))

const messageInput = z.strictObject({
  channel,
  /** With blocks it is what a notification shows. */
  text: z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(40_000, 'must be at most 40,000')),
  blocks: z.optional(
    z.array(z.looseObject({ type: z.string() })).check(z.maxLength(50, 'must be at most 50')),
  ),
  /** Answers the message of this time. */
  threadTs: z.optional(timestamp),
  /** Links and names in the text stay text. */
  plain: z.optional(z.boolean()),
})

export type MessageInput = z.input<typeof messageInput>

const posted = z.looseObject({ ok: z.literal(true), channel: z.string(), ts: timestamp })

export type Posted = z.output<typeof posted>

/**
 * Posts a message. Slack knows no idempotency key: an answer that is lost may have been heard, so it is sent again only where
 * Slack said that it was not (429). About one a second for a channel. A channel that the app is not in is an ApiError of kind
 * `forbidden` (`not_in_channel`); one that is not there, of kind `missing`.
 * @see https://docs.slack.dev/reference/methods/chat.postMessage
 */
export async function postMessage(
  client: ApiClient,
  input: MessageInput,
  options: AskOptions = {},
): Promise<Posted> {
  const { threadTs, plain, ...message } = checked('slack postMessage', messageInput, input)
  const body = { ...message, thread_ts: threadTs, ...(plain && { mrkdwn: false, parse: 'none' }) }
  return askOne(client, posted, '/chat.postMessage', asked(client, options, jsonBody(body)))
}

const historyInput = z.strictObject({
  channel: z.string().check(z.regex(/^[A-Z0-9]{5,20}$/, 'must be the id of a channel')),
  /** Messages of this time and later. */
  oldest: z.optional(timestamp),
  latest: z.optional(timestamp),
})

const message = z.looseObject({
  type: z.string(),
  ts: timestamp,
  text: z.optional(z.string()),
  user: z.optional(z.string()),
  thread_ts: z.optional(timestamp),
})

export type SlackMessage = z.output<typeof message>

/**
 * Messages of a channel, the newest first, those of its bounds included. What was edited or deleted later is not in the window
 * of that time: events tell of it. Apps that are sold outside the Marketplace get 15 messages a minute.
 * @see https://docs.slack.dev/reference/methods/conversations.history
 */
export function readHistory(
  client: ApiClient,
  input: z.input<typeof historyInput>,
  options: AskOptions = {},
): AsyncGenerator<SlackMessage, void, void> {
  const params = checked('slack readHistory', historyInput, input)
  const { pages, lists } = slack.api
  return typedItems(
    message,
    itemsIn(client, {
      dialect: pages.default,
      items: lists.messages,
      start: withQuery('/conversations.history', { ...params, inclusive: true }),
      // Slack gives whole pages only up to here.
      pageSize: 200,
      init: asked(client, options, {}),
    }),
  )
}
