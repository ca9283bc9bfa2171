import type { Secret } from '../primitives/secret.ts'
import type { ConnectGrant, OAuthCode, OAuthGrant } from '../providers/auth.ts'
import type { SigningKey } from './signed-jwt.ts'

/** How a provider gives tokens, with its user or without. */
export type AnyGrant = ConnectGrant | OAuthGrant

/** This deployment as a provider's authorization server knows it, with every address filled in. */
export interface OAuthClient<Auth extends AnyGrant = ConnectGrant> {
  readonly provider: string
  readonly clientId: string
  /** Empty where there is none. */
  readonly clientSecret: Secret
  readonly privateKey?: SigningKey
  readonly auth: Auth
}

/** Where client registrations come from. */
export interface OAuthClients<Auth extends AnyGrant = ConnectGrant> {
  /** `undefined` where the provider has no such grant, or nobody has set its client id, the secret or key it needs, or the domain of its addresses. */
  of(provider: string): Promise<OAuthClient<Auth> | undefined>
}

/** Who the authorization server is, as its answers name it; `undefined` where that is not known. */
export const issuerOf = ({ auth }: OAuthClient<OAuthCode>): string | undefined =>
  auth.issuer ?? auth.discovery?.issuer
