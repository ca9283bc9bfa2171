/** What came of asking for a document. `absent`: the site says that there is none, so whoever named it is not the sender. */
export type SiteDocument =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unavailable' }

/**
 * What senders publish about themselves: certificates and key sets. Whoever asks has checked the address against the
 * provider's own hosts before; how often it may ask is bounded here, so that forged requests can't make Sluice a client.
 */
export interface SenderSite {
  /** The document at an `https:` address, from memory while it is fresh. Never throws. */
  document(url: string): Promise<SiteDocument>
  /** The same when what was remembered did not help; asks again at most once a minute for each address. */
  newerDocument(url: string): Promise<SiteDocument>
  /** Calls an address that a rightly signed message asks to be called; `false` when that did not succeed. */
  visit(url: string): Promise<boolean>
}

/** For senders that publish nothing. */
export const noSite: SenderSite = {
  document: async () => ({ kind: 'absent' }),
  newerDocument: async () => ({ kind: 'absent' }),
  visit: async () => false,
}
