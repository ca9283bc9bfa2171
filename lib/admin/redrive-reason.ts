import { redriveMany, type RedriveDeps } from './redrive-many.ts'

export type RedrivenReason =
  | {
      readonly kind: 'redriven'
      readonly queued: number
      /** Those that could not be: no longer dead, or without a body. */
      readonly others: number
      /** More events have this reason than were taken. */
      readonly hasMore: boolean
    }
  | { readonly kind: 'unavailable' }

/** Pages of a hundred that one request sends through. */
const mostPages = 10

/** Redrives the events of one reason, up to a thousand at a time. */
export async function redriveReason(
  reason: string,
  signal: AbortSignal,
  deps: RedriveDeps,
): Promise<RedrivenReason> {
  let [queued, others] = [0, 0]
  let cursor: string | undefined
  for (let pages = 0; pages < mostPages && !signal.aborted; pages += 1) {
    const page = await redriveMany({ reason, cursor }, signal, deps)
    if (page.kind !== 'redriven' && queued === 0) return { kind: 'unavailable' }
    if (page.kind !== 'redriven') break
    const sent = page.items.filter(({ result }) => result === 'queued').length
    queued += sent
    others += page.items.length - sent
    if (page.cursor === null) return { kind: 'redriven', queued, others, hasMore: false }
    cursor = page.cursor
  }
  return { kind: 'redriven', queued, others, hasMore: true }
}
