import type { Child } from 'hono/jsx'
import type { PollItem } from '#lib/admin/schemas-polls.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Form } from './form.tsx'
import { Ago, Mono, Select, spanOf } from './parts.tsx'

export interface PollsPageProps {
  readonly items: readonly PollItem[]
  readonly filter: { readonly tenant: string | undefined; readonly provider: string | undefined }
  readonly more: string | undefined
  readonly providers: readonly string[]
  readonly notice: Child
  readonly now: EpochMs
}

/** How far each stream of each connection is read, and what webhooks missed of it. */
export const PollsPage = ({ items, filter, more, providers, notice, now }: PollsPageProps) => (
  <>
    <div class="head">
      <h1>Polls</h1>
      <span class="dim">Streams of connections, and how far each is read.</span>
    </div>
    {notice}
    <form class="filters" method="get" action="/console/polls" data-submit-on-change>
      <Select
        name="provider"
        label="Provider"
        value={filter.provider}
        options={[['', 'all'], ...providers.map((id) => [id, id] as const)]}
      />
      <label class="field">
        <span>Tenant</span>
        <input
          name="tenant"
          value={filter.tenant ?? ''}
          placeholder="all"
          autocomplete="off"
          maxlength={63}
        />
      </label>
      <button>Filter</button>
    </form>
    <div data-live-id="polls">
      {items.length > 0 ? <PollTable items={items} now={now} /> : <Empty more={more} filter={filter} />}
    </div>
    <p id="pages">{more && <a href={more}>More polls</a>}</p>
  </>
)

const PollTable = ({ items, now }: Pick<PollsPageProps, 'items' | 'now'>) => (
  <table class="polls">
    <thead>
      <tr>
        <th scope="col">State</th>
        <th scope="col">Stream</th>
        <th scope="col">Watermark</th>
        <th scope="col" class="number">
          Lag
        </th>
        <th scope="col" class="number">
          Found
        </th>
        <th scope="col" class="number">
          Missed
        </th>
        <th scope="col">Next run</th>
        <th scope="col" aria-label="Actions" />
      </tr>
    </thead>
    <tbody>
      {items.map((poll) => (
        <PollRow poll={poll} now={now} />
      ))}
    </tbody>
  </table>
)

const meanings: Readonly<Record<PollItem['freshness']['state'], string>> = {
  fresh: 'read to its end within its time',
  late: 'its turns did not come, or are held back',
  still: 'its turns came, and its watermark stands',
  paused: 'someone has stopped it',
}
const hues = { fresh: 'done', late: 'retry', still: 'dead', paused: 'parked' } as const

const PollRow = ({ poll, now }: { readonly poll: PollItem; readonly now: EpochMs }) => (
  <tr>
    <td class="c-status">
      <span class={`status ${hues[poll.freshness.state]}`} title={meanings[poll.freshness.state]}>
        {poll.state === 'blocked' ? 'blocked' : poll.freshness.state}
      </span>
    </td>
    <StreamCell poll={poll} />
    <td class="c-mark">
      {poll.watermark === null ? <span class="dim">none yet</span> : <Mono>{poll.watermark}</Mono>}
    </td>
    <td class="c-figure number">
      <span class="unit">lag </span>
      {spanOf(poll.lagMs)}
    </td>
    <td class="c-figure number">
      <span class="unit">found </span>
      {poll.found}
    </td>
    <td class="c-figure number">
      <span class="unit">missed </span>
      <Missed poll={poll} now={now} />
    </td>
    <td class="c-time">{poll.nextRunAt === null ? 'never' : <Ago at={poll.nextRunAt} now={now} />}</td>
    <td class="c-run">
      {poll.state !== 'paused' && (
        <Form action="/console/polls/run">
          <button
            class="quiet"
            name="id"
            value={poll.id}
            aria-label={`Read ${poll.provider} ${poll.stream} now`}
          >
            Run
          </button>
        </Form>
      )}
    </td>
  </tr>
)

const StreamCell = ({ poll }: { readonly poll: PollItem }) => (
  <td class="c-event">
    <span class="dim">{poll.provider}</span> <b>{poll.stream}</b>
    <span class="tag">{poll.tenant}</span>
    <div class="dim break">
      <Mono>{poll.connection}</Mono>
    </div>
    {(poll.cause ?? poll.lastError) !== null && <span class="reason">{poll.cause ?? poll.lastError}</span>}
    {poll.gap && (
      <span class="reason">
        {poll.gap.of === 'all' ? 'Nothing' : 'No deletion'} is known from {poll.gap.since} to {poll.gap.until}
      </span>
    )}
  </td>
)

/** Changes that no webhook brought; a stream that no webhook brings has none to miss. */
const Missed = ({ poll, now }: { readonly poll: PollItem; readonly now: EpochMs }) =>
  poll.webhooks === 'none' && poll.missed === 0 ? (
    <span class="dim" title="no webhook brings this stream">
      –
    </span>
  ) : (
    <span class={poll.webhooks === 'missing' ? 'missing' : undefined}>
      {poll.missed}
      {poll.missedAt !== null && (
        <span class="dim">
          {' '}
          <Ago at={poll.missedAt} now={now} />
        </span>
      )}
    </span>
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
