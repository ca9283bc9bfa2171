import type { Operation } from './operation.ts'
import * as polls from './schemas-polls.ts'
import * as schemas from './schemas.ts'

/** Operations on polls. */
export const pollOperations = {
  listPolls: {
    id: 'listPolls',
    method: 'get',
    path: '/api/polls',
    role: 'viewer',
    summary: 'How far the streams of connections are read, by tenant, connection and stream',
    query: polls.pollsQuery,
    status: 200,
    answer: schemas.listOf(polls.pollItem),
    problems: [],
  },
  runPoll: {
    id: 'runPoll',
    method: 'post',
    path: '/api/polls/{id}/run',
    role: 'operator',
    summary: 'Reads a stream now, without waiting for its turn',
    query: schemas.ofTenant,
    body: schemas.noFields,
    bodyOptional: true,
    status: 202,
    answer: polls.pollQueued,
    problems: [404, 409],
  },
  listMissedWebhooks: {
    id: 'listMissedWebhooks',
    method: 'get',
    path: '/api/missed-webhooks',
    role: 'viewer',
    summary:
      'Changes that polls found and no webhook brought within ten minutes, the latest first. Without `since`, those of the last 24 hours',
    query: polls.missedQuery,
    status: 200,
    answer: schemas.listOf(polls.missedItem),
    problems: [],
  },
} as const satisfies Record<string, Operation>
