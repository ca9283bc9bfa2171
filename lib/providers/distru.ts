import { distruPolls } from './distru-polls.ts'
import type { Provider } from './provider.ts'

export const distru = {
  id: 'distru',
  displayName: 'Distru',
  checkedOn: '2026-11-21',
  docs: ['https://app.distru.com/public/v1'],
  keys: [{ headers: { authorization: 'Bearer {key}' }, hardExpiryDays: 365 }],
  api: {
    checkedOn: '2026-11-21',
    baseUrl: 'https://app.distru.com/public/v1',
    errors: {
      always: 'json',
      code: [{ pointer: '/code' }],
      message: [
        { pointer: '/error/message' },
        { pointer: '/error' },
        { pointer: '/message' },
        { pointer: '/errors/0' },
      ],
      // A key ends after a year.
      statuses: { 401: 'revoked' },
    },
    // Advised, not enforced.
    limits: [{ scope: 'connection', limit: 2, windowMs: 1_000 }],
    pages: {
      default: {
        kind: 'page',
        page: 'page[number]',
        first: 1,
        next: '/next_page',
        items: '/data',
        size: 'page[size]',
        max: 500,
      },
    },
  },
  polls: distruPolls,
} as const satisfies Provider
