/** Where a browser is sent. */
export interface IssuerAddresses {
  readonly authorizeUrl: string
  /** Where the issuer ends its own session; not every issuer has such an address. */
  readonly endSessionUrl: string | undefined
}

/** What the browser brought back from the issuer, and what it was sent there with. */
export interface CodeAnswer {
  readonly query: URLSearchParams
  readonly state: string
  readonly verifier: string
  readonly redirectUri: string
}

export type Exchanged =
  | { readonly kind: 'exchanged'; readonly idToken: string }
  /** The person, or the issuer for them, said no. */
  | { readonly kind: 'denied' }
  /** Of another issuer, of another flow, or a code that the issuer does not take. `why` quotes nobody. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unavailable' }

/** The one issuer that the config names, as the console signs people in by it. Neither method throws. */
export interface Issuer {
  /** `undefined` while its metadata can't be had. */
  addresses(): Promise<IssuerAddresses | undefined>
  /** Takes a code to the issuer, once. */
  exchange(answer: CodeAnswer): Promise<Exchanged>
}
