import type { Secret } from '../primitives/secret.ts'
import type { OAuthCode, OAuthGrant } from '../providers/auth.ts'

/** How a provider gives tokens, with its user or without. */
export type AnyGrant = OAuthCode | OAuthGrant

/** This deployment as a provider's authorization server knows it, with every address filled in. */
export interface OAuthClient<Auth extends AnyGrant = OAuthCode> {
  readonly provider: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly auth: Auth
}

/** Where client registrations come from. */
export interface OAuthClients<Auth extends AnyGrant = OAuthCode> {
  /** `undefined` where the provider has no such grant, or nobody has set its client id and secret, or the domain its addresses need. */
  of(provider: string): Promise<OAuthClient<Auth> | undefined>
}
