import { proxy as limits } from '#lib/config/defaults.ts'
import { ApiError } from '#lib/errors/api-error.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { problemDocument, type OwnProblem } from '#lib/http/problem.ts'
import { DeadlineExceeded } from '#lib/primitives/deadline.ts'

/** Who speaks: `provider` is on every answer of the provider and on no other. */
export const speakerHeader = 'sluice-answer'

/** What keeps a call from an answer of its provider. */
const problems = {
  malformed_call: { status: 400, title: 'The call can not be made like this' },
  address_refused: { status: 400, title: 'Sluice does not call this address' },
  unknown_connection: { status: 404, title: 'There is no such connection' },
  method_not_allowed: { status: 405, title: 'Calls are not made by this method' },
  disconnected: { status: 409, title: 'The connection is not in use' },
  body_too_large: { status: 413, title: 'The body is too large' },
  not_callable: { status: 422, title: 'Calls of this provider are not set up' },
  internal: { status: 500, title: 'Something went wrong in Sluice' },
  unreachable: { status: 502, title: 'The provider did not answer' },
  answer_refused: { status: 502, title: 'The answer of the provider can not be handed over' },
  held: { status: 503, title: 'The call was held back' },
  unavailable: { status: 503, title: 'Sluice can not call right now' },
  deadline: { status: 504, title: 'The call did not end in time' },
} as const

/** `code` is one of the table; `cause` tells more precisely, for programs. */
export interface CallProblem extends Pick<OwnProblem, 'detail' | 'headers'> {
  readonly code: keyof typeof problems
  readonly cause?: string | undefined
}

export function callProblem({ code, cause, detail, headers }: CallProblem, requestId: string): Response {
  const more = { [speakerHeader]: 'sluice', ...(cause !== undefined && { 'sluice-cause': cause }) }
  return problemDocument({ ...problems[code], code, detail, headers: { ...headers, ...more } }, requestId)
}

const unsure =
  'Whether the provider did it is not known: look before you send it again, or send it with the same Idempotency-Key.'

/** A connection or a packing that ended in the middle of an answer. */
const brokeOff = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  /^(?:E(?!RR_)[A-Z]+|ERR_STREAM_PREMATURE_CLOSE|Z_[A-Z_]+|ERR__?(?:ERROR|BROTLI|ZSTD)\w*|ZSTD_\w+)$/.test(
    String(error.code),
  )

/** What a call that brought no answer is told by. */
export function problemOf(error: unknown): CallProblem {
  if (error instanceof ApiError) return ofApi(error)
  if (error instanceof DeadlineExceeded)
    return {
      code: 'deadline',
      detail: `${unsure} Sluice-Timeout-Ms gives a call up to ${limits.mostTimeoutMs} ms.`,
    }
  if (error instanceof SluiceError) return ofSluice(error)
  if (brokeOff(error)) return { code: 'unreachable', detail: `The answer broke off. ${unsure}` }
  return {
    code: 'internal',
    detail: unsure,
  }
}

function ofApi({ kind, code, message, retryAfterMs }: ApiError): CallProblem {
  switch (kind) {
    case 'held': {
      const headers = { 'retry-after': String(Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1_000))) }
      const detail = `${whyHeld(code)} Nothing was sent: send it again after Retry-After.`
      return { code: 'held', cause: code, detail, headers }
    }
    case 'disconnected':
      return disconnected(code)
    default:
      return {
        code: 'unreachable',
        detail: `${sentence(message)} ${unsure}`,
      }
  }
}

function whyHeld(code: string | undefined): string {
  if (code === 'breaker_open') return 'The provider has failed too often lately.'
  if (code === 'limited')
    return "This would be more than the provider's limit allows, for longer than the call may take."
  return 'There is no valid token for now.'
}

/** By the state of the connection, or the cause why it needs its user. */
export const disconnected = (cause: string | undefined): CallProblem => ({
  code: 'disconnected',
  cause,
  detail: whatToDo(cause),
})

function whatToDo(cause: string | undefined): string {
  if (cause === 'pending')
    return 'Nothing was sent: the connection was made by a shared link. Put it into use by POST /api/connections/{id}/activate.'
  if (cause === 'key_rejected') return 'Nothing was sent: the provider refuses the key. Hand over a new one.'
  if (cause === 'deleted' || cause === 'unknown')
    return 'Nothing was sent: the connection was deleted. Connect the account again.'
  return `Nothing was sent: the account has to be connected again${cause === undefined ? '' : ` (${cause})`}. Make a connect link by POST /api/connect-links.`
}

function ofSluice({ code, message, consequence }: SluiceError): CallProblem {
  switch (code) {
    case 'ADDRESS_REFUSED':
      return { code: 'address_refused', detail: `${sentence(message)} Call paths of the provider's own API.` }
    case 'DESTINATION_UNAVAILABLE':
      return { code: 'unreachable', detail: `${sentence(message)} ${unsure}` }
    case 'ANSWER_REFUSED':
      return {
        code: 'answer_refused',
        detail: `${sentence(message)} It was done, and can't be shown: ask for less at once, by pages, fields or ranges.`,
      }
    case 'SEAL_BROKEN':
      return disconnected('seal_broken')
    case 'MISCONFIGURED':
      return { code: 'not_callable', detail: sentence(message) }
    default:
      return consequence === 'retry'
        ? { code: 'unavailable', detail: 'Try again in a moment.', headers: { 'retry-after': '5' } }
        : {
            code: 'internal',
            detail: unsure,
          }
  }
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
