import { defineConfig } from '#lib/config/define-config.ts'
import paymentReceived from './handlers/payment-received.ts'

/** What this deployment runs. Every line of `endpoints` is an address that a provider can send webhooks to. */
export default defineConfig({
  endpoints: [
    { provider: 'stripe' },
    { provider: 'github' },
    { provider: 'slack' },
    { provider: 'standard-webhooks' },
    {
      // Any other sender that signs with HMAC: say how. This one sends the hex SHA-256 of the body in `X-Signature`.
      provider: 'hmac',
      scheme: {
        kind: 'hmac',
        algorithm: 'sha256',
        key: { encoding: 'utf8' },
        signature: { header: 'x-signature', encoding: 'hex', format: { kind: 'plain' } },
        signed: ['{body}'],
      },
    },
  ],
  // What is read from connected accounts by itself, so that an event whose webhook was lost is found all the same.
  polls: [{ provider: 'stripe' }],
  handlers: [paymentReceived],
  // Read by the handlers as environment variables. Not for secrets: they are visible in the template.
  environment: {},
})
