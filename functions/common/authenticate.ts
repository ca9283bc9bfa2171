import type { MiddlewareHandler } from 'hono'
import { mayAct, type Caller, type Role } from '#lib/access/caller.ts'
import type { AdminToken } from '#lib/admin/admin-token.ts'
import { admit, type Admission, type People } from '#lib/admin/admit.ts'
import type { GatewayBindings } from '#lib/http/gateway.ts'
import type { Problem } from '#lib/http/problem.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import { problem } from './problem.ts'

/** By what people and programs are let in. */
export interface AccessDeps {
  readonly token: AdminToken
  /** Whose tokens are taken beside the admin token; `undefined` where the config names no issuer. */
  readonly people: People | undefined
}

/** What Hono carries along with a request that was let in. */
export interface AccessEnv {
  readonly Bindings: Partial<GatewayBindings>
  readonly Variables: {
    /** The admin token, once the request has been let in by whatever token: links and cursors are sealed with it. */
    readonly token: Secret
    /** Who has been let in. */
    readonly caller: Caller
  }
}

/** Lets in whoever has the admin token, or a JWT of the issuer that the config names; says of nobody else why not. */
export function authenticate(deps: AccessDeps): MiddlewareHandler<AccessEnv> {
  return async (c, next): Promise<Response | void> => {
    const token = await deps.token()
    if (!token)
      return problem({ code: 'endpoint_misconfigured', detail: 'This deployment has no admin token.' }, c)
    const admission = await admit(c.req.header('authorization'), token, deps.people)
    if (admission.kind !== 'admitted') return problem(refusalOf(admission, deps), c)
    c.set('token', token)
    c.set('caller', admission.caller)
    await next()
  }
}

const challenge = (more = '') => ({ 'www-authenticate': `Bearer realm="sluice"${more}` })

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function refusalOf({ kind }: Exclude<Admission, { kind: 'admitted' }>, { people }: AccessDeps): Problem {
  const detail = 'Send Authorization: Bearer {token}.'
  switch (kind) {
    case 'anonymous':
      return { code: 'unauthenticated', detail, headers: challenge() }
    case 'invalid':
      return { code: 'unauthenticated', detail, headers: challenge(', error="invalid_token"') }
    case 'insufficient_scope': {
      const scope = people?.config.requiredScopes.join(' ') ?? ''
      const headers = challenge(`, error="insufficient_scope", scope="${scope}"`)
      return { code: 'insufficient_scope', detail: `The token needs the scope ${scope}.`, headers }
    }
    case 'unavailable': {
      const headers = { 'retry-after': '5' }
      return { code: 'unavailable', detail: "The issuer's keys can not be had. Try again later.", headers }
    }
  }
}

/** Lets through who has this role, or a higher one. */
export const needs =
  (role: Role): MiddlewareHandler<AccessEnv> =>
  async (c, next): Promise<Response | void> => {
    if (!mayAct(c.get('caller'), role)) return problem(needsRole(role), c)
    await next()
  }

const needsRole = (role: Role): Problem => ({
  code: `needs_${role}`,
  detail: `This takes the role ${role}, and the token does not give it.`,
})
