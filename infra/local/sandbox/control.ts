import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import * as z from 'zod/mini'
import type { Changes } from './changes.ts'
import { addressOf, answer, refuse } from './http.ts'
import type { Webhooks } from './webhooks.ts'

export interface ControlDeps {
  readonly changes: Changes
  readonly webhooks: Webhooks
  /** Names that have signed in and let Sluice in. */
  readonly accounts: () => readonly string[]
}

const most = 1_000
const whole = (least: number, greatest: number) =>
  z.custom<number>((value) => Number.isSafeInteger(value) && value >= least && value <= greatest, {
    error: `must be a whole number from ${least} to ${greatest}`,
  })
const share = z.custom<number>((value) => typeof value === 'number' && value >= 0 && value <= 1, {
  error: 'must be a number from 0 to 1',
})
const number = whole(0, most)
const delay = whole(0, 3_600)

const changesBody = z.strictObject({
  count: whole(1, most),
  account: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  drop: z.optional(number),
  double: z.optional(number),
  delaySeconds: z.optional(delay),
})
const faultsBody = z.strictObject({
  dropNext: z.prefault(number, 0),
  dropShare: z.prefault(share, 0),
  doubleShare: z.prefault(share, 0),
  delaySeconds: z.prefault(delay, 0),
})

/**
 * What the sandbox is told to do: `POST /control/changes` makes changes and sends their webhooks, or not; `PUT /control/faults` says
 * what becomes of webhooks from now on; `GET /control` tells how it is. For programs of this machine: pages in a browser get a 403.
 */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  deps: ControlDeps,
): Promise<void> {
  if (isFromPage(request))
    return refuse(response, 403, { error: 'forbidden', error_description: 'No page may tell the sandbox.' })
  const what = `${request.method} ${addressOf(request).pathname}`
  if (what === 'GET /control') return answer(response, 200, stateOf(deps))
  if (what === 'POST /control/changes') return change(request, response, deps)
  if (what === 'PUT /control/faults') return setFaults(request, response, deps)
  return refuse(response, 404, { error: 'not_found', error_description: 'The sandbox has no such control.' })
}

const stateOf = ({ accounts, changes, webhooks }: ControlDeps) => ({
  accounts: accounts(),
  changes: changes.count(),
  faults: webhooks.faults(),
  webhooks: webhooks.sent(),
})

async function change(request: IncomingMessage, response: ServerResponse, deps: ControlDeps): Promise<void> {
  const { accounts, changes, webhooks } = deps
  const body = await parsed(request, changesBody)
  if (!body.ok) return invalid(response, body.why)
  const { count, account, ...orders } = body.value
  const known = accounts()
  const whose = account ?? (known.length === 1 ? known[0] : undefined)
  if (whose === undefined || !known.includes(whose)) return invalid(response, whoElse(known))
  const { drop = 0, double = 0 } = orders
  if (drop + double > count) return invalid(response, 'drop and double are more than count')
  const made = changes.make(whose, count)
  const { sent, dropped } = await webhooks.announce(made, orders)
  answer(response, 201, {
    account: whose,
    first: made[0]?.id,
    last: made.at(-1)?.id,
    count,
    webhooks: sent,
    dropped,
  })
}

const whoElse = (known: readonly string[]): string =>
  known.length === 0
    ? 'nobody has connected an account yet: sluice connect sandbox'
    : `account must be one of those that are connected: ${known.join(', ')}`

async function setFaults(
  request: IncomingMessage,
  response: ServerResponse,
  { webhooks }: ControlDeps,
): Promise<void> {
  const body = await parsed(request, faultsBody)
  if (!body.ok) return invalid(response, body.why)
  webhooks.setFaults(body.value)
  answer(response, 200, webhooks.faults())
}

const invalid = (response: ServerResponse, why: string): void =>
  refuse(response, 400, { error: 'invalid_request', error_description: why })

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

async function parsed<T extends z.ZodMiniObject>(
  request: IncomingMessage,
  schema: T,
): Promise<Parsed<z.infer<T>>> {
  const content = await textOf(request)
  let document: unknown
  try {
    document = JSON.parse(content)
  } catch {
    return { ok: false, why: 'the body is no JSON' }
  }
  const result = schema.safeParse(document)
  if (result.success) return { ok: true, value: result.data }
  const [issue] = result.error.issues
  const known = Object.keys(schema.def.shape).join(', ')
  const why = issue?.path.length ? `${issue.path.join('.')} ${issue.message}` : `the body may have ${known}`
  return { ok: false, why }
}

/** A browser says where a page is from, and another name for this machine leads here too; a program does neither. */
function isFromPage({ headers, method }: IncomingMessage): boolean {
  const isLocal = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')
  const isPlain = method !== 'GET' && !/^application\/json\b/.test(headers['content-type'] ?? '')
  return !isLocal || isPlain || headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}
