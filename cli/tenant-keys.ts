/** A tenant's keys as the API tells of them. */
export interface TenantKeys {
  readonly tenant: string
  readonly keys: number
  readonly task: 'rewrap' | 'shred' | null
  readonly rewrappedAt: string | null
}

export const keysPath = (tenant: string): string => `/api/tenants/${encodeURIComponent(tenant)}/keys`
