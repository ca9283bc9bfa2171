import type { Role } from '../access/caller.ts'
import type { EpochMs } from '../primitives/clock.ts'

/** What is about to be done. Never a payload, and never a secret: names, ids and who. */
export interface AuditIntent {
  /** 128 random bits in base64url. */
  readonly id: string
  readonly at: EpochMs
  /** The gateway's, as it stands in logs and problems. */
  readonly requestId: string
  /** As the API's document names it. */
  readonly operation: string
  readonly via: 'api' | 'console'
  /** `admin-token`, or `person:` and the subject of a token. */
  readonly actor: string
  readonly role: Role | undefined
  /** The names in the path. */
  readonly target: Readonly<Record<string, string>>
}

/** What came of it. */
export interface AuditResult {
  /** `repeated`: it had been done before, and the first answer was given again. `failed`: it may have been done. */
  readonly outcome: 'done' | 'refused' | 'failed' | 'repeated'
  /** Of the HTTP answer. */
  readonly status: number
  /** Whose it was, at most a hundred; none where that is nobody's, or was not found out. */
  readonly tenants: readonly string[]
  readonly completedAt: EpochMs
}

/** Without a result, nobody knows what came of it: the function ended too soon, or the table did not take the result. */
export interface AuditRow extends AuditIntent {
  readonly result?: AuditResult
}

export interface AuditWanted {
  readonly since: EpochMs
  readonly until: EpochMs
  /** Where the page before ended: a {@link placeOf}, or an instant of 13 digits. */
  readonly after: string | undefined
}

export interface AuditPage {
  readonly rows: readonly AuditRow[]
  readonly next?: string
}

/**
 * Who did what. A row is written before anything is done and completed after, so that nothing is done without one.
 * @throws SluiceError `LEDGER_UNAVAILABLE` when the store does not answer.
 */
export interface AuditLog {
  begin(intent: AuditIntent): Promise<void>
  complete(intent: AuditIntent, result: AuditResult): Promise<void>
  /** The latest first, at most a hundred; a page may be empty and yet not be the last. */
  list(wanted: AuditWanted, signal: AbortSignal): Promise<AuditPage>
}

/** Where a row stands among the others. */
export const placeOf = ({ at, id }: Pick<AuditIntent, 'at' | 'id'>): string =>
  `${String(at).padStart(13, '0')}#${id}`
export const rowGrammar = /^\d{13}#[A-Za-z0-9_-]{22}$/
