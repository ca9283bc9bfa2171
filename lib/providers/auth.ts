/**
 * How a provider lets calls in, as pure data. Addresses may hold `{param}`: a value that the operator or the connection
 * says, such as Auth0's tenant.
 */
export type AuthDeclaration = OAuthCode | OAuthGrant

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
  readonly pkce: boolean
  readonly scopes: {
    readonly separator: ' ' | ','
    readonly default: readonly string[]
    /** What a scope holds: providers that tidy up answer it alone. */
    readonly within?: Readonly<Record<string, readonly string[]>>
  }
  /** Further parameters of the authorization request: `access_type=offline`. */
  readonly authorizeParams?: Readonly<Record<string, string>>
  /** The issuer whose `iss` the answer must carry (RFC 9207), where the provider sends it. */
  readonly issuer?: string
  readonly rotation: Rotation
  /** Values of `token_type` beside `bearer`, lower-case. */
  readonly tokenTypes?: readonly string[]
  /** What an access token lives when the answer does not say, seconds; none: it does not expire. */
  readonly defaultLifetimeSeconds?: number
  /** The whole grant ends this many days after it was given, whatever is refreshed. */
  readonly hardExpiryDays?: number
  /** Where the id of the account is: in the callback's query, the token answer, or the answer of an address. */
  readonly account:
    | { readonly query: string }
    | { readonly pointer: string }
    | { readonly claim: string }
    | { readonly url: string; readonly pointer: string }
  /** Values of the token answer that calls need, by pointer. */
  readonly extras?: Readonly<Record<string, string>>
}

/** A grant without a user: the operator's own credentials, in the environment or Secrets Manager. */
export interface OAuthGrant {
  readonly kind: 'client-credentials' | 'password' | 'jwt-bearer'
  readonly tokenUrl: string
  readonly clientAuth: ClientAuth
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

/** A provider's own way to take tokens back. */
export interface Revocation {
  /** POST sends a form, DELETE an object. */
  readonly method: 'POST' | 'DELETE'
  /** Who asks: the client by Basic, its secret as a bearer, or nobody but the token itself. */
  readonly who: 'client' | 'secret' | 'token'
  readonly fields: Readonly<Record<string, 'access_token' | 'account' | 'client_id'>>
}

export type ClientAuth = 'basic' | 'body' | 'none'

/**
 * What a refresh does to the refresh token. `none`: it stays. `rotating`: the answer may bring a new one, the old one is good
 * until it is used again. `single-use`: the answer brings a new one and the old one is dead. `grace`: dead after a while.
 */
export type Rotation =
  | { readonly kind: 'none' | 'rotating' | 'single-use' }
  | { readonly kind: 'grace'; readonly graceMs: number }
