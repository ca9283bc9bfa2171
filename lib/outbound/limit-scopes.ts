import type { ApiDeclaration } from '../providers/api.ts'
import type { Method, RateLimit } from '../providers/limits.ts'
import type { LimitScope } from './limiter.ts'

/** A call as its limits see it. */
export interface Counted {
  readonly provider: string
  readonly connection: string
  readonly method: string
  /** After the API's base. */
  readonly path: string
}

/** What a call takes of one limit. */
export interface Share {
  readonly scope: LimitScope
  readonly cost: number
}

/**
 * The limits of a connection, or of the whole deployment, that can be named without a call: all but those that count each
 * path by itself.
 */
export function namedScopes(
  provider: string,
  connection: string | undefined,
  api: ApiDeclaration | undefined,
): readonly (LimitScope & { readonly of: string })[] {
  const wanted = connection === undefined ? 'app' : 'connection'
  const limits = (api?.limits ?? []).filter(({ scope, each }) => scope === wanted && each === undefined)
  const scopes = new Map<string, RateLimit[]>()
  for (const limit of limits) {
    const name = nameOf(limit, connection ?? '', '')
    scopes.set(name, [...(scopes.get(name) ?? []), limit])
  }
  return [...scopes].map(([scope, [first, ...more]]) => ({
    provider,
    scope,
    of: [first?.methods?.join(','), first?.path].filter(Boolean).join(' '),
    windows: (first ? [first, ...more] : []).map(windowOf),
  }))
}

/**
 * The limits that a call counts against, as its provider declares them, the one for the fewest calls first: of some paths or
 * methods, of the connection, of the deployment. Windows that are counted together are one scope.
 */
export function sharesOf(
  { provider, connection, method, path }: Counted,
  api: ApiDeclaration | undefined,
): readonly Share[] {
  const scopes = new Map<string, RateLimit[]>()
  for (const limit of api?.limits ?? []) {
    if (!counts(limit, method, path)) continue
    const key = nameOf(limit, connection, path)
    scopes.set(key, [...(scopes.get(key) ?? []), limit])
  }
  return [...scopes]
    .map(([scope, limits]) => ({
      scope: { provider, scope, windows: limits.map(windowOf) },
      cost: limits[0]?.cost ?? 1,
    }))
    .toSorted((a, b) => b.scope.scope.length - a.scope.scope.length)
}

const nameOf = (limit: RateLimit, connection: string, path: string): string =>
  [
    limit.scope === 'app' ? 'app' : connection,
    limit.each === 'path' ? path : limit.path,
    limit.methods?.join(','),
    limit.cost,
  ]
    .filter(Boolean)
    .join(' ')

const counts = ({ path: pattern, methods }: RateLimit, method: string, path: string): boolean =>
  (pattern === undefined || new RegExp(pattern).test(path)) &&
  (methods === undefined || methods.includes(method as Method))

const windowOf = ({ limit, windowMs, burst }: RateLimit) => ({
  limit,
  windowMs,
  ...(burst !== undefined && { burst }),
})
