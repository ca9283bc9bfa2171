import type { ZodMiniType, output } from 'zod/mini'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { classify } from './classify.ts'
import type { Fetch } from './fetch-shape.ts'

/** A provider's API as it is read: whose it is, what its answers mean, and the `fetch` that reaches it. */
export interface ApiClient {
  readonly provider: string
  readonly api: ApiDeclaration | undefined
  readonly fetch: Fetch
  readonly clock: Clock
}

export interface TextAnswer {
  readonly status: number
  readonly headers: Headers
  /** Where it came from; empty where nobody says. */
  readonly url: string
  /** Empty where there is no body. */
  readonly text: string
}

/**
 * Asks and reads the answer whole.
 * @throws ApiError when the answer says failure, also inside a 200; what `fetch` throws.
 */
export async function askText(
  client: ApiClient,
  path: string | URL,
  init?: RequestInit,
): Promise<TextAnswer> {
  const { status, headers, url, ...answer } = await readAll(await client.fetch(path, init))
  const { provider, api, clock } = client
  const verdict = classify(api, { provider, status, headers, body: answer.text, now: clock.now() })
  if (verdict.kind === 'error') throw verdict.error
  return { status, headers, url, text: answer.text }
}

const readAll = async (answer: Response): Promise<TextAnswer> => ({
  status: answer.status,
  headers: answer.headers,
  url: answer.url,
  text: await answer.text(),
})

/**
 * Asks for JSON and reads it by its schema; `undefined` where the answer has no body (204, 304).
 * @throws ApiError as {@link askText} does; SluiceError `ANSWER_REFUSED` when it is no JSON or not of its schema.
 */
export async function askJson<Schema extends ZodMiniType>(
  client: ApiClient,
  schema: Schema,
  path: string | URL,
  init?: RequestInit,
): Promise<output<Schema> | undefined> {
  const { text } = await askText(client, path, init)
  return text === '' ? undefined : parseAs(schema, jsonOf(text))
}

/** @throws SluiceError `ANSWER_REFUSED` */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SluiceError('ANSWER_REFUSED', 'the answer is not the JSON that was asked for', { cause })
  }
}

/** @throws SluiceError `ANSWER_REFUSED`, with the place and never the value of what does not fit. */
export function parseAs<Schema extends ZodMiniType>(schema: Schema, document: unknown): output<Schema> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue?.path.map(String).join('/') ?? ''
  throw new SluiceError(
    'ANSWER_REFUSED',
    `the answer does not have the form that is known, at /${place}`.slice(0, 200),
  )
}
