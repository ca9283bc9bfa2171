import type { Provider } from './provider.ts'

export const googleAnalytics = {
  id: 'google-analytics',
  displayName: 'Google Analytics',
  checkedOn: '2026-11-21',
  docs: ['https://developers.google.com/analytics/devguides/collection/protocol/ga4'],
  // Of the Measurement Protocol.
  keys: [{ query: { api_secret: '{key}' } }],
} as const satisfies Provider
