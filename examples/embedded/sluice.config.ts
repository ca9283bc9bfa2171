import { defineConfig } from 'sluice/config'
import paymentReceived from './handlers/payment-received.ts'

export default defineConfig({
  endpoints: [{ provider: 'stripe' }, { provider: 'github', tenant: 'acme' }],
  polls: [{ provider: 'stripe' }],
  handlers: [paymentReceived],
})
