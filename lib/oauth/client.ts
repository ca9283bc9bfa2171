import type { Secret } from '../primitives/secret.ts'
import type { OAuthCode, OAuthGrant } from '../providers/auth.ts'

/** This deployment as a provider's authorization server knows it, with every address filled in. */
export interface OAuthClient<Auth extends OAuthCode | OAuthGrant = OAuthCode> {
  readonly provider: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly auth: Auth
}

/** Where client registrations come from. */
export interface OAuthClients {
  /** `undefined` where the provider has no such grant, or nobody has set its client id and secret. */
  of(provider: string): Promise<OAuthClient | undefined>
}
