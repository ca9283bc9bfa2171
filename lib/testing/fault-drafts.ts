import type { ApiDeclaration, BodyTest, ErrorRule, Fault } from '../providers/api.ts'
import { exampleOf } from './pattern-example.ts'

/** An error as it may be said; whether it means what it is for is for `classify` to judge. */
export interface FaultDraft {
  readonly status: number
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export const usualStatus: Readonly<Record<Fault, number>> = {
  throttled: 429,
  exhausted: 429,
  unavailable: 503,
  expired: 401,
  revoked: 401,
  forbidden: 403,
  payment: 402,
  conflict: 409,
  'stale-cursor': 410,
  missing: 404,
  invalid: 400,
}

/** The ways in which a provider may say a fault, the usual one first. */
export function draftsOf(api: ApiDeclaration | undefined, kind: Fault): readonly FaultDraft[] {
  const { rules = [], statuses = {} } = api?.errors ?? {}
  // The one with the shortest message is the least special one.
  const own = rules
    .filter(({ means }) => means === kind)
    .toSorted((a, b) => (a.message?.length ?? 0) - (b.message?.length ?? 0))
  const status = usualStatus[kind]
  const plain = [{ status }, { status, code: kind.replace('-', '_') }]
  const declared = Object.entries(statuses).flatMap(([each, means]) =>
    means === kind ? { status: Number(each) } : [],
  )
  const byRule = own.flatMap((rule) =>
    rule.status && !rule.status.includes(status) ? [] : draftOf(rule, status),
  )
  const byStatus = own.flatMap((rule) => (rule.status ?? []).map((each) => draftOf(rule, each)))
  const inside = isEnveloped(api) ? own.map((rule) => draftOf(rule, 200)) : []
  if (kind === 'unavailable' || kind === 'invalid') return [...plain, ...declared, ...byRule, ...inside]
  // A provider that says itself how long to wait does not hide that in a success.
  const hides = kind !== 'throttled' || own.some(({ waitMs }) => waitMs !== undefined)
  const first = hides ? [...inside, ...byRule] : [...byRule, ...inside]
  return [...first, ...plain.toReversed(), ...byStatus, ...declared]
}

const draftOf = ({ code, message, header }: ErrorRule, status: number): FaultDraft => ({
  status,
  code: code?.[0],
  message: message === undefined ? undefined : exampleOf(message),
  ...(header && { headers: { [header.name]: header.equals ?? '1' } }),
})

/** Whether every answer says by a flag of its own how it ended, so that failures come as a 200. */
export const isEnveloped = (api: ApiDeclaration | undefined): boolean => flagsOf(api).length > 0

/** The flags of a body that say failure: `/ok` is false. */
export const flagsOf = (
  api: ApiDeclaration | undefined,
): readonly (BodyTest & { readonly pointer: string; readonly equals: string | number | boolean })[] => {
  const seen = new Set<string>()
  return (api?.errors?.inside ?? []).flatMap(({ pointer, equals, ...rest }) => {
    if (pointer === undefined || equals === undefined) return []
    if (!/^\/(?:ok|status|success)$/.test(pointer) || seen.has(pointer)) return []
    seen.add(pointer)
    return { pointer, equals, ...rest }
  })
}

/** What a flag says in a good answer; a text of its own has no opposite. */
export const opposite = (flag: string | number | boolean): string | number | boolean | undefined =>
  ({ false: true, '0': typeof flag === 'number' ? 1 : '1' })[String(flag)]
