/** How a provider proves that it sent a webhook. Fails closed: what isn't said in the scheme doesn't verify. */
export type Scheme =
  | HmacScheme
  | EcdsaScheme
  | Ed25519Scheme
  | TokenScheme
  | BasicScheme
  | SnsScheme
  | CertificateScheme
  | OidcScheme
  | AnyScheme

/** HMAC over a template of signed parts. */
export interface HmacScheme {
  readonly kind: 'hmac'
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  /** How the configured text becomes the key: as UTF-8, or base64 or hex after `prefix`. */
  readonly key: { readonly encoding: 'utf8' | 'base64' | 'hex'; readonly prefix?: string }
  readonly signature: {
    readonly header: string
    readonly encoding: 'hex' | 'base64' | 'base64url'
    readonly format: SignatureFormat
  }
  /** Signed bytes, in order: `{body}`, `{timestamp}`, `{id}`, `{url}`, `{form}` (its sorted fields) or literal text. */
  readonly signed: readonly string[]
  /** Beside `{form}`: the query parameter whose value is the SHA-256 of a body that is no form. */
  readonly bodyHash?: { readonly query: string }
  /** Signed time: in a header of its own, or under `key` of a `pairs` signature. */
  readonly timestamp?:
    | { readonly header: string; readonly unit: 's' | 'ms' }
    | { readonly key: string; readonly unit: 's' | 'ms' }
  /** Signed id: in a header of its own. */
  readonly id?: { readonly header: string }
  /** Other names for the same headers, all or none: Svix sends `svix-*` for `webhook-*`. */
  readonly aliases?: readonly { readonly from: string; readonly to: string }[]
}

/** ECDSA P-256 with SHA-256, a DER signature in base64 over a template, checked with a public key (SPKI, base64). */
export interface EcdsaScheme {
  readonly kind: 'ecdsa'
  readonly signature: { readonly header: string }
  readonly signed: readonly string[]
  readonly timestamp?: { readonly header: string; readonly unit: 's' | 'ms' }
}

/** Ed25519 over a template, checked with a public key (32 raw bytes, base64 after `prefix`). */
export interface Ed25519Scheme {
  readonly kind: 'ed25519'
  readonly key: { readonly prefix: string }
  readonly signature: { readonly header: string; readonly format: SignatureFormat }
  readonly signed: readonly string[]
  readonly timestamp?: { readonly header: string; readonly unit: 's' | 'ms' }
  readonly id?: { readonly header: string }
}

/** Nothing is signed: the secret itself comes in a header, after `prefix`. */
export interface TokenScheme {
  readonly kind: 'token'
  readonly header: string
  readonly prefix?: string
}

/** Nothing is signed: `Authorization: Basic`, the secret being `user:password`. */
export interface BasicScheme {
  readonly kind: 'basic'
}

/** Amazon SNS: RSA over named members of the body, by a certificate of SNS itself. The secret is the topic's ARN. */
export interface SnsScheme {
  readonly kind: 'sns'
}

/** RSA with SHA-256 over a template, by a certificate whose address comes in a header. The secret is one of the signed parts. */
export interface CertificateScheme {
  readonly kind: 'certificate'
  readonly certificate: {
    readonly header: string
    /** What its address must begin with: scheme, host and the first part of the path. */
    readonly from: readonly string[]
    /** How the common name of the certificate must end. */
    readonly subjectEnds: string
  }
  /** The header that names the algorithm, and the only value that is taken. */
  readonly algorithm: { readonly header: string; readonly value: string }
  readonly signature: { readonly header: string }
  /** `{id}`, `{timestamp}`, `{secret}`, `{crc32}` (of the body, decimal) or literal text. */
  readonly signed: readonly string[]
  readonly id: { readonly header: string }
  readonly timestamp: { readonly header: string }
  /** Where the sender says whether it signed a message, by where the certificate is from; for one that can't be judged here. */
  readonly postback?: readonly { readonly certificates: string; readonly url: string }[]
}

/** An OIDC token in `Authorization: Bearer`, RS256. The secret is `{audience} {e-mail}`: for whom it is, and who sends it. */
export interface OidcScheme {
  readonly kind: 'oidc'
  readonly issuers: readonly string[]
  /** Where the issuer publishes its keys, as a JWK set. */
  readonly jwks: string
}

/** One of several: which one a sender uses is its choice, each of them must hold by itself. */
export interface AnyScheme {
  readonly kind: 'any'
  readonly of: readonly Exclude<Scheme, AnyScheme>[]
}

export type SignatureFormat =
  /** The header is the digest, after `prefix` (`sha256=`, `v0=`) if one is named. */
  | { readonly kind: 'plain'; readonly prefix?: string }
  /** `t=1,v1=abc,v1=def`: digests under `key`, at most ten looked at. */
  | { readonly kind: 'pairs'; readonly separator: string; readonly key: string }
  /** `v1,abc v1,def`: items after `prefix`, at most ten looked at. */
  | { readonly kind: 'list'; readonly separator: string; readonly prefix: string }
