import type { AnswerOf } from './call-api.ts'

/** A poll as the API tells it. */
export type PollItem = AnswerOf<'GET /api/polls'>['items'][number]
