/** The tenants that a request may see and touch. */
export type TenantScope = 'all' | readonly string[]

export const covers = (scope: TenantScope, tenant: string): boolean =>
  scope === 'all' || scope.includes(tenant)
