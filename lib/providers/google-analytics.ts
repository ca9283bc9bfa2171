import { googleErrors } from './google-answers.ts'
import { googleAnalyticsPolls } from './google-analytics-polls.ts'
import type { Provider } from './provider.ts'

export const googleAnalytics = {
  id: 'google-analytics',
  displayName: 'Google Analytics',
  checkedOn: '2026-11-21',
  docs: [
    'https://developers.google.com/analytics/devguides/collection/protocol/ga4',
    'https://developers.google.com/analytics/devguides/reporting/data/v1/quotas',
  ],
  // Of the Measurement Protocol.
  keys: [{ query: { api_secret: '{key}' } }],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://www.google-analytics.com',
    otherBaseUrls: {
      eu: 'https://region1.google-analytics.com',
      data: 'https://analyticsdata.googleapis.com/v1beta',
    },
    // `/mp/collect` takes everything with a 204; `/debug/mp/collect` says what is wrong with it.
    errors: {
      ...googleErrors,
      code: [{ pointer: '/validationMessages/*/validationCode' }, ...googleErrors.code],
      message: [{ pointer: '/validationMessages/0/description' }, ...googleErrors.message],
      inside: [{ pointer: '/validationMessages/0' }],
    },
    pages: {
      default: { kind: 'single', items: '' },
      // Of a report: its limits are in the request's body.
      rows: {
        kind: 'offset',
        offset: 'offset',
        total: '/rowCount',
        items: '/rows',
        size: 'limit',
        max: 10_000,
      },
    },
  },
  polls: googleAnalyticsPolls,
} as const satisfies Provider
