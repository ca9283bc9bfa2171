import type { EpochMs } from '../primitives/clock.ts'
import type { Postback } from './postback.ts'
import type { SenderSite } from './sender-site.ts'

/** What a signature is judged by besides the request and the secrets. */
export interface Circumstances {
  readonly now: EpochMs
  readonly provider: string
  readonly site: SenderSite
  readonly postback: Postback
  /** Certificates, PEM, at which a chain may end. */
  readonly roots: () => readonly string[]
}
