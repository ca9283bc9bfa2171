import type { Child } from 'hono/jsx'
import type { PollItem } from '#lib/admin/schemas-polls.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Backfills, type BackfillView } from './backfills.tsx'
import { Field } from './forms.tsx'
import { Mono, Select } from './parts.tsx'
import { PollTable } from './poll-table.tsx'

export interface PollsPageProps {
  readonly items: readonly PollItem[]
  /** Those of these polls that have not ended. */
  readonly backfills: readonly BackfillView[]
  readonly filter: { readonly tenant: string | undefined; readonly provider: string | undefined }
  readonly more: string | undefined
  readonly providers: readonly string[]
  readonly notice: Child
  readonly now: EpochMs
}

/** How far each stream of each connection is read, and what webhooks missed of it. */
export const PollsPage = ({ items, backfills, filter, more, providers, notice, now }: PollsPageProps) => (
  <>
    <div class="head">
      <h1>Polls</h1>
    </div>
    <p class="lead">Streams of connections, and how far each is read.</p>
    {notice}
    <form
      class="filters"
      method="get"
      action="/console/polls"
      role="search"
      aria-label="Polls"
      data-submit-on-change
    >
      <Select
        name="provider"
        label="Provider"
        value={filter.provider}
        options={[['', 'all'], ...providers.map((id) => [id, id] as const)]}
      />
      <Field name="tenant" label="Tenant" value={filter.tenant} placeholder="all" />
      <button>Filter</button>
    </form>
    <div data-live-id="polls">
      {items.length > 0 ? <PollTable items={items} now={now} /> : <Empty more={more} filter={filter} />}
    </div>
    <p id="pages">{more && <a href={more}>More polls</a>}</p>
    <div data-live-id="backfills">
      {backfills.length > 0 && (
        <section aria-labelledby="backfills">
          <h2 id="backfills">Backfills under way</h2>
          <Backfills items={backfills} now={now} />
        </section>
      )}
    </div>
  </>
)

const Empty = ({ more, filter }: Pick<PollsPageProps, 'more' | 'filter'>) =>
  more !== undefined || filter.tenant !== undefined || filter.provider !== undefined ? (
    <div class="empty">
      <p>No poll matches{more !== undefined && ' so far'}.</p>
      <p>
        <a href="/console/polls">Show all polls</a>
      </p>
    </div>
  ) : (
    <div class="empty">
      <h2>Nothing is polled yet</h2>
      <p>
        Name streams under <Mono>polls</Mono> in <Mono>sluice.config.ts</Mono> and connect an account:
        <code class="command">npx sluice connect</code>
      </p>
    </div>
  )
