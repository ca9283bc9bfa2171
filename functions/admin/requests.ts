import type { Context } from 'hono'
import * as z from 'zod/mini'
import { covers } from '#lib/access/tenant-scope.ts'
import type { Problem } from '#lib/http/problem.ts'
import { concerns } from './audited.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

/** Where this deployment is reached, without a slash at the end. */
export const addressOf = (c: Context<AdminEnv>, { publicUrl }: AdminDeps): string =>
  publicUrl ?? new URL(c.req.url).origin

/** Whether whoever asks may see and change what is this tenant's; if so, the audit row of the request is theirs too. */
export function mayTouch(c: Context<AdminEnv>, tenant: string): boolean {
  const may = covers(c.get('caller').tenants, tenant)
  if (may) concerns(c, tenant)
  return may
}

export const unknownTenant: Problem = { code: 'not_found', detail: 'There is no such tenant.' }

/** The most that a request to the API may bring. */
const maxBodyBytes = 65_536

/** The query as `schema` wants it: nothing unknown, nothing twice. */
export function checkQuery<T extends z.ZodMiniType>(c: Context<AdminEnv>, schema: T): Checked<z.infer<T>> {
  const { searchParams } = new URL(c.req.url)
  const names = [...searchParams.keys()]
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined)
    return refused('malformed_request', [{ pointer: pointerTo([repeated]), detail: 'is given twice' }])
  return check(Object.fromEntries(searchParams), schema, 'query')
}

/** The JSON body as `schema` wants it. */
export async function checkBody<T extends z.ZodMiniType>(
  c: Context<AdminEnv>,
  schema: T,
  optional = false,
): Promise<Checked<z.infer<T>>> {
  const text = await c.req.text()
  if (text === '' && optional) return check({}, schema, 'body')
  if (text === '') return { ok: false, problem: { code: 'empty_body', detail: 'Send a JSON object.' } }
  if (text.length > maxBodyBytes)
    return { ok: false, problem: { code: 'body_too_large', detail: `Send at most ${maxBodyBytes} bytes.` } }
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? ''))
    return { ok: false, problem: { code: 'unsupported_media_type', detail: 'Send application/json.' } }
  const value = parse(text)
  if (value === undefined) return { ok: false, problem: { code: 'not_json', detail: 'Send a JSON object.' } }
  return check(value, schema, 'body')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function check<T extends z.ZodMiniType>(
  value: unknown,
  schema: T,
  where: 'query' | 'body',
): Checked<z.infer<T>> {
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const issues = closest(result.error.issues)
  const unknown = issues.some(({ code }) => code === 'unrecognized_keys')
  const errors = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not known here' }))
      : [{ pointer: pointerTo(issue.path), detail: issue.message }],
  )
  return refused(unknown ? 'unknown_field' : 'malformed_request', errors.slice(0, 20), where)
}

/** Of alternatives, the faults of the one that the value came closest to. */
function closest(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  return issues.flatMap((issue) =>
    issue.code === 'invalid_union'
      ? (issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [])
      : [issue],
  )
}

const refused = (
  code: 'unknown_field' | 'malformed_request',
  errors: NonNullable<Problem['errors']>,
  where = 'query',
): Checked<never> => ({
  ok: false,
  problem: {
    code,
    detail: `The ${where} is not as this address takes it; see errors and /openapi.json.`,
    errors,
  },
})

/** A body whose fault no schema can tell. */
export const malformed = (pointer: string, detail: string): Problem => ({
  code: 'malformed_request',
  detail: 'The body is not as this address takes it; see errors and /openapi.json.',
  errors: [{ pointer, detail }],
})

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
