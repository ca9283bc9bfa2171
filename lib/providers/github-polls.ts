import type { PollDeclaration, Polls } from './polls.ts'

/** Lists that know `since`, the ones that were changed last at their end. */
const changed = {
  progress: {
    kind: 'time',
    format: 'iso-s',
    from: [{ pointer: '/updated_at', unit: 'iso' }],
    overlapMs: 600_000,
    order: 'ascending',
    // Pages have numbers, and what is changed meanwhile moves to the end.
    shifts: true,
  },
  version: { pointer: '/updated_at' },
  interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
  deletes: 'never',
} as const satisfies Omit<PollDeclaration, 'finds' | 'list' | 'event'>

const params = { since: '{since}', sort: 'updated', direction: 'asc' }
const state = {
  keys: 'own',
  deliveryKey: [[{ pointer: '/id' }, { pointer: '/updated_at' }]],
  eventType: [],
} as const

export const githubPolls = {
  issues: {
    ...changed,
    finds:
      'Issues and pull requests of a repository as they are now. A webhook tells of an action, which no list tells: the two are events of their own, and lost webhooks are had by redelivery.',
    list: {
      path: '/repos/{owner}/{repo}/issues',
      params: { ...params, state: 'all' },
      conditional: true,
    },
    event: { ...state, type: 'issue' },
  },
  comments: {
    ...changed,
    finds: 'Comments of issues and pull requests as they are now; deleted ones are not told.',
    list: { path: '/repos/{owner}/{repo}/issues/comments', params, conditional: true },
    event: { ...state, type: 'comment' },
  },
  'review-comments': {
    ...changed,
    finds: 'Comments on the changes of pull requests as they are now; deleted ones are not told.',
    list: { path: '/repos/{owner}/{repo}/pulls/comments', params, conditional: true },
    event: { ...state, type: 'review-comment' },
  },
  activity: {
    finds:
      'What happened in a repository, up to some hours late: the last 300 of 30 days. Its ids are not those of webhooks.',
    list: { path: '/repos/{owner}/{repo}/events', conditional: true },
    progress: {
      kind: 'time',
      format: 'iso-s',
      from: [{ pointer: '/created_at', unit: 'iso' }],
      overlapMs: 21_600_000,
      order: 'descending',
      filter: 'here',
    },
    event: {
      keys: 'own',
      deliveryKey: [{ pointer: '/id' }],
      type: 'activity',
      eventType: [[{ pointer: '/type' }]],
    },
    interval: { floorMs: 60_000, usualMs: 900_000, ceilingMs: 21_600_000 },
    deletes: 'never',
  },
} as const satisfies Polls
