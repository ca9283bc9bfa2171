import type { SluiceConfig } from '#lib/config/define-config.ts'

/**
 * The config with the sandbox provider in it, as the local stack runs it: its webhooks, of the tenant `acme`, and its feed, of
 * every tenant that has connected. No deployment has them.
 */
export const withSandbox = (config: SluiceConfig): SluiceConfig => ({
  ...config,
  endpoints: [...config.endpoints, { provider: 'sandbox', tenant: 'acme', tenants: { bob: 'globex' } }],
  polls: [...(config.polls ?? []), { provider: 'sandbox' }],
})
