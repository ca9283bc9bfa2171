/** A poll as the API tells it. */
export interface PollItem {
  /** `conn_…:events` */
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly connection: string
  readonly stream: string
  readonly state: string
  readonly cause: string | null
  readonly watermark: string | null
  readonly lagMs: number
  readonly intervalMs: number
  readonly nextRunAt: string | null
  readonly lastRunAt: string | null
  readonly lastError: string | null
  readonly found: number
  readonly missed: number
  readonly webhooks: string
  readonly freshness: { readonly state: string }
}
