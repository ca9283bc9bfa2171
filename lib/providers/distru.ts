import type { Provider } from './provider.ts'

export const distru = {
  id: 'distru',
  displayName: 'Distru',
  checkedOn: '2026-11-21',
  docs: ['https://app.distru.com/public/v1'],
  auth: {
    kind: 'api-key',
    place: { header: 'authorization', prefix: 'Bearer ' },
    hardExpiryDays: 365,
  },
} as const satisfies Provider
