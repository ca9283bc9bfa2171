import { classify } from '../outbound/classify.ts'
import { epochMs } from '../primitives/clock.ts'
import type { ApiDeclaration, Fault, Place } from '../providers/api.ts'
import { draftsOf, flagsOf, isEnveloped, usualStatus, type FaultDraft } from './fault-drafts.ts'
import { listRoute, type ListRouteOptions } from './list-route.ts'
import type { MockAnswer, RouteFunction } from './mock-answer.ts'
import { withPointer } from './write-pointer.ts'

export interface FaultOptions {
  /** In place of the one that the provider's declaration leads to. */
  readonly status?: number
  readonly code?: string
  readonly message?: string
}

export interface ThrottledOptions extends FaultOptions {
  /** What `Retry-After` says; `null`: there is none. Default 1. */
  readonly retryAfterSeconds?: number | null
}

/** Builds answers as one provider gives them. */
export interface Answers {
  json(body: unknown, status?: number, headers?: Readonly<Record<string, string>>): MockAnswer
  /** Any other answer; without a body by default. */
  raw(status: number, body?: string | Uint8Array, headers?: Readonly<Record<string, string>>): MockAnswer
  /** Refused unheard: come later. */
  throttled(options?: ThrottledOptions): MockAnswer
  /** A fault of the provider, by default a 503. */
  unavailable(options?: FaultOptions): MockAnswer
  /** The credential is not taken. */
  unauthorized(options?: FaultOptions): MockAnswer
  /** Any fault that the provider's declaration knows. @throws TypeError where the provider has no such answer. */
  fault(kind: Fault, options?: FaultOptions): MockAnswer
  /** A route that gives the items page by page, as the provider does. */
  list(items: readonly unknown[], options?: ListRouteOptions): RouteFunction
}

export function answersOf(provider: string, api: ApiDeclaration | undefined): Answers {
  const fault = (kind: Fault, options: FaultOptions = {}): MockAnswer =>
    faultAnswer(provider, api, kind, options)
  return {
    json: (body, status = 200, headers = {}) => jsonAnswer(body, status, headers),
    raw: (status, body = '', headers = {}) => ({ status, headers, body }),
    throttled: ({ retryAfterSeconds = 1, ...options } = {}) => {
      const answer = fault('throttled', options)
      const { 'retry-after': _, ...others } = answer.headers
      const headers =
        retryAfterSeconds === null ? others : { ...others, 'retry-after': String(retryAfterSeconds) }
      const resetInMs = (retryAfterSeconds ?? 1) * 1_000
      return { ...answer, headers, rate: { remaining: 0, resetInMs } }
    },
    unavailable: (options) => fault('unavailable', options),
    unauthorized: (options = {}) =>
      isEnveloped(api) ? fault('revoked', options) : unauthorized(provider, api, options),
    fault,
    list: (items, options = {}) => listRoute(api, items, options),
  }
}

const jsonAnswer = (
  body: unknown,
  status: number,
  headers: Readonly<Record<string, string>>,
): MockAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** A 401, whether a fresh token would help or not. */
function unauthorized(provider: string, api: ApiDeclaration | undefined, options: FaultOptions): MockAnswer {
  const drafts = (['expired', 'revoked'] as const).flatMap((kind) =>
    draftsOf(api, kind).map((draft) => ({ kind, draft: { ...draft, ...options } })),
  )
  const found = drafts.find(
    ({ kind, draft }) => draft.status === (options.status ?? 401) && meansIt(provider, api, kind, draft),
  )
  return answerOf(api, found?.draft ?? { status: 401, ...options })
}

function faultAnswer(
  provider: string,
  api: ApiDeclaration | undefined,
  kind: Fault,
  options: FaultOptions,
): MockAnswer {
  const drafts = draftsOf(api, kind).map((draft) => ({ ...draft, ...options }))
  const found = drafts.find((draft) => meansIt(provider, api, kind, draft))
  // Whoever says the whole answer knows what it means.
  if (!found && Object.keys(options).length === 0)
    throw new TypeError(`${provider} has no answer that means "${kind}"`)
  return answerOf(api, found ?? { status: usualStatus[kind], ...options })
}

function meansIt(provider: string, api: ApiDeclaration | undefined, kind: Fault, draft: FaultDraft): boolean {
  const { status, headers, body } = answerOf(api, draft)
  const verdict = classify(api, {
    provider,
    status,
    headers: new Headers(headers),
    body: String(body),
    now: epochMs(0),
    withCursor: kind === 'stale-cursor',
  })
  return verdict.kind === 'error' && verdict.error.kind === kind
}

/** The error in the provider's own form: its code and message where its declaration finds them. */
function answerOf(api: ApiDeclaration | undefined, draft: FaultDraft): MockAnswer {
  const { status, code, message = `${status} by the mock`, headers = {} } = draft
  const { code: codes = [], message: messages = [] } = api?.errors ?? {}
  if (codes.some((place) => 'element' in place))
    return xmlAnswer(status, code ?? 'MockError', message, headers)
  let body: unknown = {}
  for (const { pointer, equals } of flagsOf(api)) body = withPointer(body, pointer, equals)
  const at = pointerFor(codes, code ?? '')
  if (code !== undefined && at !== undefined) body = withPointer(body, at, code)
  const said = pointerFor(
    messages.filter((place) => !('pointer' in place) || !clashes(place.pointer, at)),
    message,
  )
  if (said !== undefined) body = withPointer(body, said, message)
  return jsonAnswer(body, status, headers)
}

/** The first place in the body that can hold the text. */
const pointerFor = (places: readonly Place[], text: string): string | undefined => {
  for (const place of places) {
    if ('pointer' in place) return place.pointer
    if ('pattern' in place && place.at !== undefined && new RegExp(place.pattern, 'i').test(text))
      return place.at
  }
  return undefined
}

/** One would be written over the other, or into its text. */
const clashes = (pointer: string, other: string | undefined): boolean =>
  other !== undefined && (`${pointer}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${pointer}/`))

const xmlAnswer = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>>,
): MockAnswer => ({
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
})
