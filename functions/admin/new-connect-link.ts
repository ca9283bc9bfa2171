import type { ConnectLinkRequest } from '#lib/admin/schemas.ts'
import { oauth as limits } from '#lib/config/defaults.ts'
import type { Problem } from '#lib/http/problem.ts'
import { linkName } from '#lib/oauth/connect-store.ts'
import { isAllowedReturn } from '#lib/oauth/return-to.ts'
import { iso, later } from '#lib/primitives/clock.ts'
import { token128 } from '#lib/primitives/random.ts'
import type { AdminDeps } from './deps.ts'
import { malformed } from './requests.ts'

export type NewConnectLink =
  | { readonly kind: 'made'; readonly id: string; readonly url: string; readonly expiresAt: string }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** Makes a link that lets someone connect an account, once. @param address where this deployment is reached */
export async function newConnectLink(
  request: ConnectLinkRequest,
  address: string,
  deps: AdminDeps,
): Promise<NewConnectLink> {
  const problem = faultIn(request, deps)
  if (problem) return { kind: 'refused', problem }
  const { provider, tenant, scopes, returnTo, shared = false, account } = request
  const id = token128(deps.random)
  const expiresAt = later(deps.clock.now(), limits.linkMs)
  await deps.connectStore.addLink(id, {
    provider,
    tenant,
    scopes: scopes ?? deps.connectGrantOf(provider)?.scopes.default ?? [],
    isShared: shared,
    expiresAt,
    ...(returnTo !== undefined && { returnTo }),
    ...(account !== undefined && { account }),
  })
  const url = `${address}/oauth/${provider}/connect?link=${id}`
  return { kind: 'made', id: `link_${linkName(id)}`, url, expiresAt: iso(expiresAt) }
}

function faultIn(request: ConnectLinkRequest, deps: AdminDeps): Problem | undefined {
  const { provider, returnTo, account, scopes } = request
  const grant = deps.connectGrantOf(provider)
  if (!grant) return malformed('/provider', 'is no provider that accounts can be connected of')
  // Nobody else says them: its service account may stand for any user of a domain.
  if (grant.kind === 'delegated-jwt' && account === undefined)
    return malformed('/account', 'is needed: whom the service account stands for')
  if (grant.kind === 'delegated-jwt' && (scopes ?? []).length === 0)
    return malformed('/scopes', 'are needed: what the service account asks for')
  if (returnTo !== undefined && !isAllowedReturn(returnTo, deps.returnTo))
    return malformed('/returnTo', 'is not among the addresses that `connect.returnTo` allows')
  return undefined
}
