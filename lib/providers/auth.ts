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

export interface Scopes {
  readonly separator: ' ' | ','
  readonly default: readonly string[]
  /** What a scope holds: providers that tidy up answer it alone. */
  readonly within?: Readonly<Record<string, readonly string[]>>
}

/** Where the id of the account is: in the callback's query, the token answer, or the answer of an address. */
export type AccountSource =
  | { readonly query: string }
  | {
      readonly pointer: string
      /** Where the value at `when` is true, the account is at another pointer: an organization's, instead of a team's. */
      readonly instead?: { readonly when: string; readonly pointer: string }
    }
  | { readonly claim: string }
  | { readonly url: string; readonly pointer: string }

/**
 * A credential of the user beside that of the app: it has its own lifetime and its own refresh token, so it is a connection
 * of its own, whose account is `{account}:{user}`.
 */
export interface SecondCredential {
  /** The object that holds it, shaped like a token answer. */
  readonly at: string
  /** The id of its user. */
  readonly user: string
  /** Scopes of a link that begin so are asked for it, without the prefix, by this parameter. */
  readonly scopes: { readonly prefix: string; readonly parameter: string }
}

/** Tokens for one installation of an App, asked for by a JWT that the App signs with its own key. */
export interface Installation {
  /** `{account}` is the installation. */
  readonly tokenUrl: string
  /**
   * Whoever comes back may name any installation: only one that this list has for the user of the code is theirs. The
   * user's tokens are given back at once.
   */
  readonly proof: {
    readonly url: string
    readonly items: string
    readonly pointer: string
    readonly revokeUrl: string
    readonly revocation: Revocation
  }
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

/** A provider's own way to take tokens back. */
export interface Revocation {
  /** POST sends a form, DELETE an object. */
  readonly method: 'POST' | 'DELETE'
  /** Who asks: the client by Basic, its secret as a bearer, the token as a bearer, or nobody but the token in a field. */
  readonly who: 'client' | 'secret' | 'bearer' | 'token'
  readonly fields: Readonly<Record<string, 'access_token' | 'account' | 'client_id'>>
}

/** How a client says who it is; `private-key-jwt`: by a JWT that it signs (RFC 7523, section 2.2). */
export type ClientAuth = 'basic' | 'body' | 'private-key-jwt' | 'none'

/** The provider takes a client that has a private key by that key, in place of its secret. */
export interface ClientAssertion {
  /** Whom the JWT is for: the issuer, where the provider wants that; none: the token endpoint. */
  readonly audience?: string
}

/**
 * What a refresh does to the refresh token. `none`: it stays. `rotating`: the answer may bring a new one, the old one is good
 * until it is used again. `single-use`: the answer brings a new one and the old one is dead. `grace`: dead after a while.
 */
export type Rotation =
  | { readonly kind: 'none' | 'rotating' | 'single-use' }
  | { readonly kind: 'grace'; readonly graceMs: number }
