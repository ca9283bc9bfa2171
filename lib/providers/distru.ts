import type { Provider } from './provider.ts'

export const distru = {
  id: 'distru',
  displayName: 'Distru',
  checkedOn: '2026-11-21',
  docs: ['https://app.distru.com/public/v1'],
  keys: [{ headers: { authorization: 'Bearer {key}' }, hardExpiryDays: 365 }],
} as const satisfies Provider
