import type { KeySet } from './key-set.ts'

/**
 * The keys of the one issuer that the config names. Forged tokens can't make Sluice a client: how often the issuer is
 * asked is bounded here, whatever comes in. Neither method throws; `undefined` says that no keys can be had.
 */
export interface IssuerKeys {
  /** From memory while they are fresh; stale ones where the issuer does not answer. */
  current(): Promise<KeySet | undefined>
  /** The same when they did not have the one that was looked for; asks again at most every 30 s. */
  newer(): Promise<KeySet | undefined>
}
