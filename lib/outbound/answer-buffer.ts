import type { ApiDeclaration } from '../providers/api.ts'
import { needsBody } from './classify.ts'

/** What of a long body is looked at to tell what it says. */
const headBytes = 65_536

export interface ReadAnswer {
  /** As good as the answer that came, its body unread. */
  readonly response: Response
  /** The body's head, where it has to be known to tell what the answer means. */
  readonly head: string | undefined
}

/**
 * Reads the body of an answer where its meaning may be in there: a failure, or a success of a provider that hides failures
 * in successes. Others stream on as they are.
 */
export async function readAnswer(answer: Response, api: ApiDeclaration | undefined): Promise<ReadAnswer> {
  if (answer.body === null || isStream(answer) || !needsBody(api, answer.status, answer.headers))
    return { response: answer, head: undefined }
  const bytes = await answer.bytes()
  const { status, statusText, headers } = answer
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, headBytes)).toString()
  return { response: likeFetched(new Response(bytes, { status, statusText, headers }), answer), head }
}

/** The same with the address that another answer has: one that is made has none. */
export function likeFetched(
  made: Response,
  { url, redirected }: Pick<Response, 'url' | 'redirected'>,
): Response {
  return Object.defineProperties(made, { url: { value: url }, redirected: { value: redirected } })
}

/** What goes on for as long as it likes is read as it comes, event by event, line by line. */
const streamed = /^(?:text\/event-stream|application\/(?:x-)?(?:ndjson|jsonl|json-seq|jsonlines))\b/i

const isStream = ({ ok, headers }: Response): boolean =>
  ok && streamed.test(headers.get('content-type') ?? '')
