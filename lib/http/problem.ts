/**
 * RFC 9457 problem details: what every error answer of Sluice is made of.
 * `detail` says what to do next; it never carries a secret, a stack or the sender's input.
 */
export interface Problem {
  readonly code: ProblemCode
  readonly detail: string
  /** Extra headers: `Retry-After`, `Allow`, … */
  readonly headers?: Readonly<Record<string, string>>
  /** Where in a request body or query the fault is. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

const problems = {
  malformed_request: { status: 400, title: 'The request is malformed' },
  not_json: { status: 400, title: 'The body is not JSON' },
  empty_body: { status: 400, title: 'The body is empty' },
  unknown_field: { status: 400, title: 'The request has a field that is not known' },
  invalid_cursor: { status: 400, title: 'The cursor is not valid' },
  invalid_signature: { status: 401, title: 'The signature is not valid' },
  unauthenticated: { status: 401, title: 'The request carries no valid credentials' },
  forbidden: { status: 403, title: 'These credentials do not allow that' },
  insufficient_scope: { status: 403, title: 'The token lacks a scope' },
  needs_viewer: { status: 403, title: 'This takes the role viewer' },
  needs_operator: { status: 403, title: 'This takes the role operator' },
  needs_admin: { status: 403, title: 'This takes the role admin' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  method_not_allowed: { status: 405, title: 'This address takes another method' },
  conflict: { status: 409, title: 'The request conflicts with what is stored' },
  gone: { status: 410, title: 'This is no longer kept' },
  link_used: { status: 410, title: 'This link has been used' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This content type is not taken here' },
  too_many_requests: { status: 429, title: 'That was too often' },
  internal: { status: 500, title: 'Something went wrong in Sluice' },
  endpoint_misconfigured: { status: 503, title: 'This endpoint has no usable secret' },
  unavailable: { status: 503, title: 'Sluice can not store this right now' },
} as const

export type ProblemCode = keyof typeof problems

/** The answer for `problem`. `type` is stable, relative to the deployment, and resolves to its line in the documentation. */
export const problemResponse = (problem: Problem, requestId: string): Response =>
  problemDocument({ ...problem, ...problems[problem.code] }, requestId)

/** A problem of a function's own, with what the table above says of others. */
export type OwnProblem = Omit<Problem, 'code'> & {
  readonly code: string
  readonly status: number
  readonly title: string
}

export function problemDocument(problem: OwnProblem, requestId: string): Response {
  const { status, title } = problem
  const body = {
    type: `urn:sluice:problem:${problem.code}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    requestId,
    ...(problem.errors && { errors: problem.errors }),
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...problem.headers,
    },
  })
}
