import type { ApiDeclaration, Method, RateLimit } from '../providers/api.ts'
import type { LimitScope } from './limiter.ts'
import type { OutgoingRequest } from './transport.ts'

/**
 * The limits that a call counts against, as its provider declares them: those of the deployment's app, those of the
 * connection, and those of some paths or methods alone. Windows that are counted together are one scope.
 */
export function limitScopes(
  provider: string,
  connection: string,
  { method, url }: OutgoingRequest,
  api: ApiDeclaration | undefined,
): readonly LimitScope[] {
  const scopes = new Map<string, RateLimit[]>()
  for (const limit of api?.limits ?? []) {
    if (!counts(limit, method, url.pathname)) continue
    const whose = limit.scope === 'app' ? 'app' : connection
    const name = [whose, limit.path, limit.methods?.join(',')].filter(Boolean).join(' ')
    scopes.set(name, [...(scopes.get(name) ?? []), limit])
  }
  return [...scopes].map(([scope, limits]) => ({ provider, scope, windows: limits.map(windowOf) }))
}

const counts = ({ path, methods }: RateLimit, method: string, pathname: string): boolean =>
  (path === undefined || new RegExp(path).test(pathname)) &&
  (methods === undefined || methods.includes(method as Method))

const windowOf = ({ limit, windowMs, burst }: RateLimit) => ({
  limit,
  windowMs,
  ...(burst !== undefined && { burst }),
})
