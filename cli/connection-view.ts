import type { AnswerOf } from './call-api.ts'

/** A connection as the API tells it. */
export type ConnectionItem = AnswerOf<'GET /api/connections/{id}'>
/** A link that was made just now. */
export type ConnectLink = AnswerOf<'POST /api/connect-links'>
/** What became of a link, as the API tells it. */
export type ConnectLinkItem = AnswerOf<'GET /api/connect-links/{id}'>
