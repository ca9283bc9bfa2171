import { askText, jsonOf } from '../outbound/api-client.ts'
import { refused } from '../outbound/page-turn.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { epochMs, iso, later, type EpochMs } from '../primitives/clock.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import type { BlockProgress, TimeProgress } from '../providers/polls.ts'
import type { Found, Words } from './identity.ts'
import { timeIn } from './identity.ts'
import { grainOf, watermarkOf, written, type ProviderTime } from './times.ts'
import type { ListedPage, ListingOptions } from './listing.ts'

/** How far a list was read, as its watermark has it; `position` is a time in milliseconds or the number of a block. */
export interface Mark extends ProviderTime {
  readonly position: number
}

/** What a reading goes along: times, or blocks. */
export interface Axis {
  /** Where a reading begins and ends. `mark` is what is known before it, `gap` what it can't reach any more. */
  readonly begin: {
    readonly since: number
    readonly end: number
    readonly mark?: Mark
    readonly gap?: ListedPage['gap']
  }
  readonly maxWindow?: number
  /** Positions nearer to each other than this may be one in a request. */
  readonly grain: number
  /**
   * Items behind it move no watermark: they are of the future, come too soon to be all, or happened while the list was read. What
   * became visible meanwhile may be older than they are, in a part of the list that was read before.
   */
  readonly limit: number
  markOf(item: Found): Mark | undefined
  write(position: number): string
}

export function timeAxis(
  progress: TimeProgress,
  words: Words,
  watermark: string | undefined,
  now: EpochMs,
): Axis {
  const { overlapMs, maxAgeMs = now, aheadMs = 0, lagMs = 0, maxWindowMs, format } = progress
  const known = watermark === undefined ? undefined : watermarkOf(watermark, progress.from)
  const oldest = now - maxAgeMs
  const since = Math.max(0, oldest, (known ?? now) - overlapMs)
  const begun = { position: since, at: epochMs(since), text: iso(epochMs(since)) }
  return {
    begin: {
      since,
      end: Math.max(since, now + aheadMs),
      ...(known === undefined && { mark: begun }),
      ...(known !== undefined &&
        known < oldest && { gap: { of: 'all' as const, since: known, until: epochMs(oldest) } }),
    },
    ...(maxWindowMs !== undefined && { maxWindow: maxWindowMs }),
    grain: grainOf(format),
    limit: now - lagMs,
    markOf(item) {
      const time = timeIn(item, progress.from, words)
      return time && { ...time, position: time.at }
    },
    write: (position) => written(epochMs(position), format),
  }
}

const digits = /^\d{1,15}$/

/** @throws ApiError where the newest block can't be asked for. */
export async function blockAxis(
  progress: BlockProgress,
  words: Words,
  watermark: string | undefined,
  ask: { readonly client: RetryingClient; readonly path: string } & ListingOptions,
): Promise<Axis> {
  const head = await headOf(progress, ask)
  const end = Math.max(0, head - progress.confirmations + 1)
  if (watermark !== undefined && !digits.test(watermark)) throw refused('the watermark is no block')
  const through = watermark === undefined ? undefined : Number(watermark)
  return {
    begin: {
      since: through === undefined ? end + 1 : Math.max(0, through + 1 - progress.rescan),
      // A node that lags behind has nothing to tell.
      end: through !== undefined && end < through ? -1 : end,
      // Its time is not asked for: it is some minutes old.
      ...(through === undefined && {
        mark: { position: end, text: String(end), at: later(ask.now, -3_600_000) },
      }),
    },
    grain: 0,
    limit: end,
    markOf(item) {
      const block = readPointer(item.value, progress.block)
      const time = timeIn(item, [progress.time], words)
      const text = String(block)
      return time && digits.test(text) ? { text, at: time.at, position: Number(text) } : undefined
    },
    write: String,
  }
}

async function headOf(
  { head }: BlockProgress,
  { client, path, signal }: Parameters<typeof blockAxis>[3],
): Promise<number> {
  const query = new URLSearchParams(head.params).toString()
  const { text } = await askText(client, `${path}?${query}`, signal && { signal })
  const value = readPointer(jsonOf(text), head.pointer)
  const number =
    typeof value === 'string' && /^(?:0x[\da-f]{1,12}|\d{1,15})$/i.test(value) ? Number(value) : NaN
  if (!Number.isSafeInteger(number)) throw refused('the number of the newest block is none')
  return number
}
