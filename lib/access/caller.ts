import { oidc as limits } from '../config/defaults.ts'
import type { Oidc } from '../config/oidc.ts'
import { sha256 } from '../primitives/bytes.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { TenantScope } from './tenant-scope.ts'

/** What a caller may do; each may also do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** Who calls the admin API, as far as it matters there. */
export interface Caller {
  /** `undefined`: a valid token, and nothing that it may do. */
  readonly role: Role | undefined
  readonly tenants: TenantScope
  /** Who it is, as the audit names them: `admin-token`, or `person:` and the subject of the token. */
  readonly actor: string
}

/** Whoever has the admin token. */
export const adminTokenCaller: Caller = { role: 'admin', tenants: 'all', actor: 'admin-token' }

export const mayAct = ({ role }: Pick<Caller, 'role'>, needed: Role): boolean =>
  role !== undefined && roles.indexOf(role) >= roles.indexOf(needed)

export type Claims = Readonly<Record<string, unknown>>

/** The highest role of the token, and its tenants. Where the config names a claim for tenants, a token without it sees none. */
export function callerOf(claims: Claims, { rolesClaim, tenantsClaim }: Oidc): Caller {
  const given = namesIn(claims, rolesClaim)
  return {
    role: roles.findLast((role) => given.includes(role)),
    tenants: tenantsClaim === undefined ? 'all' : tenantsIn(claims, tenantsClaim),
    actor: `person:${subjectOf(claims)}`,
  }
}

/** The subject, or else the client; what is no short printable name stands there as its hash. */
function subjectOf(claims: Claims): string {
  const name = [claims['sub'], claims['client_id'], claims['azp']]
    .filter((given) => typeof given === 'string')
    .find(Boolean)
  if (name === undefined) return 'unknown'
  return /^[\u0021-\u007e]{1,256}$/.test(name) ? name : `sha256-${sha256(name).toString('base64url')}`
}

const tenantsIn = (claims: Claims, claim: string): readonly string[] => [
  ...new Set(
    namesIn(claims, claim)
      .filter((name) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name))
      .slice(0, limits.mostTenants),
  ),
]

/** One name or a list of them; whatever else stands there is none. */
function namesIn(claims: Claims, claim: string): readonly string[] {
  const pointer = claim.startsWith('/') ? claim : `/${claim.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const value = readPointer(claims, pointer)
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  return names.filter((name) => typeof name === 'string')
}
