import type { CallOptions } from '../outbound/connection-fetch.ts'
import type { PollList } from '../providers/poll-list.ts'

/** What one answer of a list may take; the usual limits of calls where the list says nothing. */
export const callOptionsOf = (
  list: Pick<PollList, 'answer'> | undefined,
): Pick<CallOptions, 'timeoutMs' | 'maxBodyBytes'> =>
  list?.answer ? { timeoutMs: list.answer.timeoutMs, maxBodyBytes: list.answer.maxBytes } : {}
