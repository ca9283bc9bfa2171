import type { Operation } from './operation.ts'
import { replayAnswer, replayItem, replayRequest } from './schemas-replays.ts'
import * as schemas from './schemas.ts'

const control = (action: 'pause' | 'resume' | 'cancel', summary: string) =>
  ({
    method: 'post',
    path: `/api/replays/{id}/${action}`,
    role: 'operator',
    summary,
    query: schemas.noQuery,
    body: schemas.noFields,
    bodyOptional: true,
    status: 200,
    answer: replayItem,
    problems: [404, 409],
  }) as const

export const replayOperations = {
  startReplay: {
    id: 'startReplay',
    method: 'post',
    path: '/api/replays',
    role: 'operator',
    summary:
      'Sends the events of a window through again, at a pace; with `dryRun` it only counts them. Of one tenant, one at a time',
    query: schemas.noQuery,
    idempotent: true,
    body: replayRequest,
    status: 202,
    answer: replayAnswer,
    problems: [404, 409],
  },
  listReplays: {
    id: 'listReplays',
    method: 'get',
    path: '/api/replays',
    role: 'viewer',
    summary: 'The last hundred replays of windows, the latest first, and how far each is',
    query: schemas.noQuery,
    status: 200,
    answer: schemas.listOf(replayItem),
    problems: [],
  },
  getReplay: {
    id: 'getReplay',
    method: 'get',
    path: '/api/replays/{id}',
    role: 'viewer',
    summary: 'One replay, and how far it is',
    query: schemas.noQuery,
    status: 200,
    answer: replayItem,
    problems: [404],
  },
  pauseReplay: { id: 'pauseReplay', ...control('pause', 'Stops a replay at its next page') },
  resumeReplay: {
    id: 'resumeReplay',
    ...control('resume', 'Lets a replay that was stopped go on where it stopped'),
  },
  cancelReplay: { id: 'cancelReplay', ...control('cancel', 'Ends a replay for good') },
} as const satisfies Record<string, Operation>
