import type { Operation } from './operation.ts'
import * as diagnosis from './schemas-diagnosis.ts'
import * as schemas from './schemas.ts'

/** Operations on the deployment itself. */
export const diagnosisOperations = {
  getDiagnosis: {
    id: 'getDiagnosis',
    method: 'get',
    path: '/api/diagnosis',
    role: 'viewer',
    summary:
      'What the deployment knows of its own running: schedules, polls, overdue work, dead letters and queues. Over all tenants, so only for who may see all of them',
    query: schemas.noQuery,
    status: 200,
    answer: diagnosis.diagnosis,
    problems: [],
  },
} as const satisfies Record<string, Operation>
