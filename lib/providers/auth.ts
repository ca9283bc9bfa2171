import type {
  AccountSource,
  ClientAssertion,
  ClientAuth,
  Installation,
  Revocation,
  Rotation,
  Scopes,
  SecondCredential,
} from './auth-words.ts'

/**
 * How a provider lets calls in, as pure data. Addresses may hold `{param}`: a value that the operator or the connection
 * says, such as Auth0's tenant.
 */
export type AuthDeclaration = OAuthCode | Delegation | OAuthGrant

/** What a connection of one account comes from. */
export type ConnectGrant = OAuthCode | Delegation

/** OAuth 2: the authorization code grant, and the refreshing of what came of it. */
export interface OAuthCode {
  readonly kind: 'oauth2-code'
  readonly authorizeUrl: string
  readonly tokenUrl: string
  /** Where tokens are given back; without it a disconnect deletes only what is here. */
  readonly revokeUrl?: string
  /** How, where that is not as RFC 7009 says. */
  readonly revocation?: Revocation
  readonly clientAuth: ClientAuth
  readonly clientAssertion?: ClientAssertion
  /** Further headers of requests to the token endpoint. */
  readonly tokenHeaders?: Readonly<Record<string, string>>
  readonly pkce: boolean
  readonly scopes: Scopes
  /** Further parameters of the authorization request: `access_type=offline`. One with a blank that nobody fills is left out. */
  readonly authorizeParams?: Readonly<Record<string, string>>
  /** The issuer whose `iss` the answer must carry (RFC 9207), where the provider sends it. */
  readonly issuer?: string
  /** The addresses come from the metadata that this issuer publishes (OpenID Connect Discovery). */
  readonly discovery?: { readonly issuer: string }
  readonly rotation: Rotation
  /** Values of `token_type` beside `bearer`, lower-case. */
  readonly tokenTypes?: readonly string[]
  /** What an access token lives when the answer does not say, seconds; none: it does not expire. */
  readonly defaultLifetimeSeconds?: number
  /** The whole grant ends this many days after it was given, whatever is refreshed. */
  readonly hardExpiryDays?: number
  readonly account: AccountSource
  /** A second credential in the same answer. */
  readonly second?: SecondCredential
  /** Values of the token answer that calls need, by pointer. */
  readonly extras?: Readonly<Record<string, string>>
  /** The code proves only who came; tokens are given to the App itself, for what it is installed on. */
  readonly installation?: Installation
}

/** A service account that stands for one user at a time: a JWT with that user as its subject. The link names the user. */
export interface Delegation {
  readonly kind: 'delegated-jwt'
  readonly tokenUrl: string
  readonly clientAuth: 'none'
  readonly scopes: Scopes
  readonly revokeUrl?: string
  readonly revocation?: Revocation
  readonly defaultLifetimeSeconds: number
  /** What says that the user, or whoever administers them, must act: error names, and the beginnings of `invalid_grant`'s description. */
  readonly lost: { readonly errors: readonly string[]; readonly descriptions: readonly string[] }
}

/** A grant without a user: the operator's own credentials, in the environment or Secrets Manager. */
export interface OAuthGrant {
  readonly kind: 'client-credentials' | 'password' | 'jwt-bearer'
  readonly tokenUrl: string
  readonly clientAuth: ClientAuth
  readonly clientAssertion?: ClientAssertion
  /** One with a blank that nobody fills is left out. */
  readonly params?: Readonly<Record<string, string>>
  readonly defaultLifetimeSeconds?: number
}

/**
 * A way to let calls in by what does not change by itself: an API key, or a user and a password. `{name}` in a text stands for
 * a value that is given when the connection is made; a form takes exactly the names that occur in it, and no two forms of a
 * provider take the same ones.
 */
export interface KeyForm {
  /** Header by lower-case name: `{ authorization: 'Bearer {key}' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Parameters of the address. */
  readonly query?: Readonly<Record<string, string>>
  /** `Authorization: Basic` of both (RFC 7617). */
  readonly basic?: { readonly user: string; readonly password: string }
  /** The key ends this many days after it was made. */
  readonly hardExpiryDays?: number
}
