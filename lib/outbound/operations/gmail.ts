import * as z from 'zod/mini'
import { ApiError } from '../../errors/api-error.ts'
import { gmail } from '../../providers/gmail.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { itemsIn } from '../paginate.ts'
import { asked, askOne, checked, pathTo, withQuery, type AskOptions } from './asking.ts'

const unreadInput = z.strictObject({
  /** Most messages; each is one call more. Default 100. */
  atMost: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
  /** As in Gmail's search: `from:shop@example.com newer_than:7d`. */
  query: z.optional(z.string()),
})

const listed = z.looseObject({ id: z.string().check(z.minLength(1)) })

const message = z.looseObject({
  id: z.string(),
  threadId: z.string(),
  snippet: z.optional(z.string()),
  /** Milliseconds since 1970, as text. */
  internalDate: z.string().check(z.regex(/^\d{1,15}$/)),
  payload: z.optional(
    z.looseObject({ headers: z.optional(z.array(z.looseObject({ name: z.string(), value: z.string() }))) }),
  ),
})

export interface UnreadMessage {
  readonly id: string
  readonly threadId: string
  /** Headers as they came: anybody can write anything into them. Empty where there is none. */
  readonly subject: string
  readonly from: string
  readonly date: string
  /** When Gmail got it, milliseconds since 1970. */
  readonly receivedAtMs: number
  /** The beginning of its text, with the characters of HTML escaped. */
  readonly snippet: string
}

/**
 * Unread messages of the inbox, the newest first, without their bodies; they stay unread. One that is deleted meanwhile is
 * passed over. To follow a mailbox, read its history instead.
 * @see https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list
 */
export async function* listUnread(
  client: ApiClient,
  input: z.input<typeof unreadInput> = {},
  options: AskOptions = {},
): AsyncGenerator<UnreadMessage, void, void> {
  const { atMost = 100, query } = checked('gmail listUnread', unreadInput, input)
  const start = withQuery('/users/me/messages', { labelIds: ['INBOX', 'UNREAD'], q: query })
  const init = asked(client, options, {})
  // Where there is none, there is no list at all.
  const list = { dialect: gmail.api.pages.default, items: '/messages', start, init }
  let left = atMost
  for await (const item of itemsIn(client, { ...list, pageSize: atMost })) {
    const found = await readHead(client, parseAs(listed, item).id, init)
    if (found) yield found
    if ((left -= 1) === 0) return
  }
}

async function readHead(
  client: ApiClient,
  id: string,
  init: RequestInit,
): Promise<UnreadMessage | undefined> {
  const params = { format: 'metadata', metadataHeaders: ['Subject', 'From', 'Date'] }
  try {
    const path = withQuery(pathTo`/users/me/messages/${id}`, params)
    const { threadId, snippet = '', internalDate, payload } = await askOne(client, message, path, init)
    const header = (name: string): string =>
      payload?.headers?.find((each) => each.name.toLowerCase() === name)?.value ?? ''
    const heads = { subject: header('subject'), from: header('from'), date: header('date') }
    return { id, threadId, ...heads, receivedAtMs: Number(internalDate), snippet }
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'missing') return undefined
    throw error
  }
}
