/** Where the API tells of a tenant's keys. */
export const keysPath = (tenant: string): string => `/api/tenants/${encodeURIComponent(tenant)}/keys`
