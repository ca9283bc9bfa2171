/** `unknown`: could not be looked at, which is neither good nor bad. */
export type Status = 'ok' | 'warning' | 'fault' | 'unknown'

/** What one check came to. */
export interface Finding {
  /** Stable, for programs: `clock`, `secret STRIPE_WEBHOOK_SECRET`. */
  readonly check: string
  readonly status: Status
  /** What there is, in a few words; never a secret. */
  readonly found: string
  /** What to do about it: one sentence with the command or the file. On all but `ok`. */
  readonly fix?: string
}

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found })
export const warning = (check: string, found: string, fix: string): Finding => ({
  check,
  status: 'warning',
  found,
  fix,
})
export const fault = (check: string, found: string, fix: string): Finding => ({
  check,
  status: 'fault',
  found,
  fix,
})
export const unknown = (check: string, found: string, fix: string): Finding => ({
  check,
  status: 'unknown',
  found,
  fix,
})
