/** A connection as the API tells it. */
export interface ConnectionItem {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly account: string
  readonly status: string
  readonly cause: string | null
  readonly connectedAt: string
  readonly expiresAt: string | null
}
