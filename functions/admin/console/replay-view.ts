/** What a replay takes: events that were received in a window, narrowed. Instants are RFC 3339. */
export interface ReplayScope {
  readonly since: string
  readonly until: string
  readonly tenant: string | null
  readonly provider: string | null
  readonly type: string | null
  readonly eventStatus: string | null
  /** `same-key`: what is done already is left alone. `forced`: every handler runs again. */
  readonly mode: 'same-key' | 'forced'
  /** Events a second at most; `null`: as the bulk queue takes them. */
  readonly rate: number | null
}

/** A replay of many events. */
export interface ReplayView extends ReplayScope {
  readonly id: string
  readonly status: 'running' | 'paused' | 'done' | 'cancelled' | 'failed'
  /** Events of the window, as they were counted when it began; `null` where nobody has counted yet. */
  readonly total: number | null
  readonly queued: number
  readonly skipped: number
  readonly failed: number
  readonly startedBy: string | null
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly cause: string | null
}

/** What a dry run found. */
export interface ReplayPlan extends ReplayScope {
  readonly total: number
  /** The window has more than were counted. */
  readonly isCut: boolean
  readonly toQueue: number
  readonly toSkip: number
  /** Whose bodies have been deleted after their time; `null`: not counted. */
  readonly expired: number | null
  /** Seconds that it takes at its rate; `null` without one. */
  readonly seconds: number | null
}
