import type * as z from 'zod/mini'
import type { operations } from './operations.ts'

type Operations = typeof operations
type Examples = {
  readonly [Id in keyof Operations]?: {
    readonly body?: Operations[Id] extends { readonly body: infer Body extends z.ZodMiniType }
      ? z.infer<Body>
      : never
    readonly answer?: z.infer<Operations[Id]['answer']>
  }
}

const event = 'evt_kqQ2S4HkXvXc0vCq9o1sYwJt5dZr3mLb'
const again = 'evt_8Tn5yRj1PzLw0aVe7uGhMxKc2fQd6sBo'
const connection = 'conn_Zk3vWq8yTn5RjPzLw0aVe7uGhMxKc2fQ'
const at = '2026-11-21T08:00:00.000Z'

/** What the document shows of requests and answers; each is of the schema of its operation. */
export const examples: Examples = {
  replayEvent: { body: {}, answer: { id: again, status: 'queued', replayOf: event } },
  redrive: {
    body: { reason: 'HandlerError: the ledger of the shop is down' },
    answer: { items: [{ id: event, result: 'queued' }], cursor: null },
  },
  createConnectLink: {
    body: { provider: 'github', tenant: 'acme', returnTo: 'https://app.example.com/settings' },
    answer: {
      id: 'link_9mB1xHq2sYwJt5dZr3mLbkqQ2S4HkXvXc0vCq9o1sYw',
      url: 'https://sluice.example.com/oauth/github/connect?link=5dZr3mLbkqQ2S4HkXvXc0v',
      expiresAt: at,
    },
  },
  createConnection: { body: { tenant: 'acme', provider: 'leaflink', credentials: { key: 'the key' } } },
  startReplay: {
    body: { tenant: 'acme', since: '2026-11-21T06:00:00Z', filter: { type: 'stripe.*' }, dryRun: true },
  },
  startBackfill: { body: { since: '2026-01-01T00:00:00Z' } },
  resetBreaker: {
    body: { version: 'q8yTn5RjPzLw0aVe7uGhMx' },
    answer: {
      id: 'github',
      status: 'closed',
      openedAt: at,
      until: null,
      failures: 0,
      successes: 0,
      version: 'Lw0aVe7uGhMxKc2fQd6sBo',
    },
  },
  listLimits: {
    answer: {
      items: [
        {
          provider: 'github',
          tenant: 'acme',
          connection,
          of: '',
          windows: [{ limit: 5_000, windowMs: 3_600_000, freeAt: null }],
          blockedUntil: null,
        },
      ],
      cursor: null,
    },
  },
  listAudit: {
    answer: {
      items: [
        {
          id: 'q8yTn5RjPzLw0aVe7uGhMx',
          at,
          actor: 'person:ada',
          role: 'operator',
          via: 'api',
          operation: 'replayEvent',
          target: { id: event },
          tenants: ['acme'],
          requestId: 'QgXr6gK4oAMEJ7A=',
          outcome: 'done',
          status: 202,
          completedAt: at,
        },
      ],
      cursor: null,
    },
  },
}
