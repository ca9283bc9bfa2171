import { browseDead, type BrowseDeps } from './browse.ts'
import type { DeadLetter } from './schemas.ts'

/** What some events died of. */
export interface DeadCause {
  readonly reason: string | null
  readonly count: number
  readonly providers: readonly string[]
  readonly latestAt: string
}

export interface DeadCauses {
  /** The most first. */
  readonly causes: readonly DeadCause[]
  /** There are more dead events than were read: each count is of the latest ones alone. */
  readonly hasMore: boolean
}

/** Pages of a hundred that are read at most. */
const mostPages = 10

/**
 * Counts the latest thousand dead events by their reasons.
 * @throws SluiceError `LEDGER_UNAVAILABLE`
 */
export async function deadCauses(signal: AbortSignal, deps: BrowseDeps): Promise<DeadCauses> {
  const letters: DeadLetter[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await browseDead({ limit: '100', cursor }, signal, deps)
    if (page.kind === 'invalid_cursor') break
    letters.push(...page.items)
    if (page.cursor === null) return { causes: grouped(letters), hasMore: false }
    cursor = page.cursor
  }
  return { causes: grouped(letters), hasMore: true }
}

function grouped(letters: readonly DeadLetter[]): readonly DeadCause[] {
  return [...Map.groupBy(letters, ({ reason }) => reason)]
    .map(([reason, of]) => ({
      reason,
      count: of.length,
      providers: [...new Set(of.map(({ provider }) => provider))].toSorted(),
      latestAt: of.reduce((latest, { deadAt }) => (deadAt > latest ? deadAt : latest), ''),
    }))
    .toSorted((a, b) => b.count - a.count)
}
