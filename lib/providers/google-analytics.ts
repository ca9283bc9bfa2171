import type { Provider } from './provider.ts'

export const googleAnalytics = {
  id: 'google-analytics',
  displayName: 'Google Analytics',
  checkedOn: '2026-11-21',
  docs: ['https://developers.google.com/analytics/devguides/collection/protocol/ga4'],
  auth: { kind: 'api-key', place: { query: 'api_secret' } },
} as const satisfies Provider
