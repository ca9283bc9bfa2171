/** Why a delivery is refused. For the log and the counters; the sender only ever hears that the signature is not valid. */
export type Refusal =
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_mismatch'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'timestamp_too_old'
  | 'timestamp_in_future'
  | 'id_missing'
  /** The certificate or key is not one of the provider's own, or is out of its time. */
  | 'certificate_refused'
  /** Rightly signed, and not meant for this endpoint: another topic, audience or sender. */
  | 'not_for_this_endpoint'

export type Verdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'refused'; readonly reason: Refusal }
  /** None of the secrets can be a key: the operator must act, not the sender. */
  | { readonly kind: 'no_usable_secret' }
  /** The provider's certificate or key set could not be fetched: nobody knows whether the signature is right. */
  | { readonly kind: 'key_unavailable' }

export const valid: Verdict = { kind: 'valid' }
export const refused = (reason: Refusal): Verdict => ({ kind: 'refused', reason })
