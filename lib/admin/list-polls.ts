import type { TenantScope } from '../access/tenant-scope.ts'
import type { Poll, PollPage, Polls } from '../polling/poll-state.ts'
import { readByTenant, type PageWanted } from './by-tenant.ts'

export interface PollsWanted extends PageWanted {
  /** Those of this provider alone. */
  readonly provider: string | undefined
}

const placeGrammar = /^[a-z0-9][a-z0-9_-]{0,62}#conn_[A-Za-z0-9_-]{32}#[\u0021-\u007e]{1,1024}$/
const placeOf = ({ tenant, connection, stream }: Poll): string => `${tenant}#${connection}#${stream}`
/** Pages that are looked through for those of one provider, at most; the next call goes on behind them. */
const mostPages = 10

/**
 * A page of the polls that `scope` covers, by tenant, connection and stream.
 * @returns `undefined` for a place that is none, or none of this list
 * @throws SluiceError `VAULT_UNAVAILABLE` when the store does not answer
 */
export async function listPolls(
  { tenant, provider, after, limit }: PollsWanted,
  scope: TenantScope,
  list: Pick<Polls, 'list'>,
): Promise<PollPage | undefined> {
  const polls: Poll[] = []
  let from = after
  for (let pages = 0; pages < mostPages; pages += 1) {
    const wanted = { tenant, after: from, limit: provider === undefined ? limit : 100 }
    const page = await readByTenant(wanted, scope, { placeGrammar, placeOf, page: pageOf(list) })
    if (!page) return undefined
    for (const poll of page.items) {
      if (provider !== undefined && poll.provider !== provider) continue
      polls.push(poll)
      if (polls.length < limit) continue
      const next = poll === page.items.at(-1) ? page.next : placeOf(poll)
      return { polls, ...(next !== undefined && { next }) }
    }
    if (page.next === undefined) return { polls }
    from = page.next
  }
  return { polls, ...(from !== undefined && { next: from }) }
}

const pageOf =
  (list: Pick<Polls, 'list'>) =>
  async (tenant: string | undefined, after: string | undefined, limit: number) => {
    const { polls, ...rest } = await list.list(tenant, after, limit)
    return { items: polls, ...rest }
  }
