/** At most `limit` calls in `windowMs`, milliseconds. */
export interface RateLimit {
  /** Whose calls are counted together: one connection's, or all of this deployment's at the provider. */
  readonly scope: 'connection' | 'app'
  readonly limit: number
  readonly windowMs: number
  readonly burst?: number
  /** What a call counts on average, where the provider counts units instead of calls; 1 without it. */
  readonly cost?: number
  /** Every path is counted by itself. */
  readonly each?: 'path'
  /** Counts these calls alone: a pattern for the path after the base, a set of methods. */
  readonly path?: string
  readonly methods?: readonly Method[]
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One set of header fields that tells of one window, lower-case. */
export interface RateHeaders {
  readonly limit?: string
  readonly remaining: string
  readonly reset?: { readonly header: string; readonly unit: ResetUnit }
  /** Names which of several limits this one is; it has a count of its own. */
  readonly resource?: string
}

/** When a window ends: seconds or milliseconds from now, or since 1970. */
export type ResetUnit = 's' | 'ms' | 'epoch-s' | 'epoch-ms'
