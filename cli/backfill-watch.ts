import type { AdminClient } from './admin-client.ts'
import type { AnswerOf } from './call-api.ts'
import type { Io } from './io.ts'
import { watchJob } from './job-watch.ts'
import type { Output } from './output.ts'
import { counted } from './text.ts'

/** A backfill, as the API tells of it. */
export type BackfillItem = AnswerOf<'GET /api/polls/{id}/backfill/{backfill}'>

export function progressText({ share, read, total, found }: BackfillItem): string {
  const part = share === null ? '' : `${Math.floor(share * 100)}%, `
  const of = total === null ? counted(read, 'item') : `${read}/${counted(total, 'item')}`
  return `${part}${of} read, ${counted(found, 'event')}`
}

/** Looks until it is over. */
export const watchBackfill = (
  path: string,
  first: BackfillItem,
  parts: { readonly api: AdminClient; readonly io: Io; readonly output: Output },
): Promise<BackfillItem> =>
  watchJob(path, first, { textOf: progressText, shareOf: ({ share }) => share }, parts)
