/** What may be asked for, and how that is written. */
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
