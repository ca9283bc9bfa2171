import { adminTokenCaller, callerOf, type Caller } from '../access/caller.ts'
import { validateJwt, type JwtDeps, type JwtVerdict } from '../access/validate-jwt.ts'
import type { Oidc } from '../config/oidc.ts'
import type { Secret } from '../primitives/secret.ts'
import { isBearer } from './admin-token.ts'

/** Whose tokens are taken beside the admin token. */
export interface People extends JwtDeps {
  readonly config: Oidc
}

export type Admission =
  | { readonly kind: 'admitted'; readonly caller: Caller }
  /** Nothing that could be a token came along. */
  | { readonly kind: 'anonymous' }
  | Exclude<JwtVerdict, { readonly kind: 'valid' }>

/** Who sends this `Authorization` header: whoever has the admin token, or a person by a JWT of the issuer. */
export async function admit(
  header: string | undefined,
  token: Secret,
  people: People | undefined,
): Promise<Admission> {
  if (isBearer(header, token)) return { kind: 'admitted', caller: adminTokenCaller }
  const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? []
  if (given === undefined) return { kind: 'anonymous' }
  if (!people) return { kind: 'invalid' }
  const verdict = await validateJwt(given, people.config, people)
  return verdict.kind === 'valid'
    ? { kind: 'admitted', caller: callerOf(verdict.claims, people.config) }
    : verdict
}
