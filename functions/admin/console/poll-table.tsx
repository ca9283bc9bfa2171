import type { PollItem } from '#lib/admin/schemas-polls.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { PostForm } from './forms.tsx'
import { Ago, Mono, spanOf } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

interface PollTableProps {
  readonly items: readonly PollItem[]
  readonly now: EpochMs
}

/** Polls with how far each is. */
export const PollTable = ({ items, now }: PollTableProps) => (
  <Table
    caption="Polls: how far each stream is read"
    class="polls"
    columns={[
      'State',
      'Stream',
      'Watermark',
      { text: 'Lag', class: 'number' },
      { text: 'Found', class: 'number' },
      { text: 'Missed', class: 'number' },
      'Next run',
      { text: 'Actions', isHidden: true },
    ]}
  >
    {items.map((poll) => (
      <PollRow poll={poll} now={now} />
    ))}
  </Table>
)

const meanings: Readonly<Record<PollItem['freshness']['state'], string>> = {
  fresh: 'read to its end within its time',
  late: 'its turns did not come, or are held back',
  still: 'its turns came, and its watermark stands',
  paused: 'someone has stopped it',
}
const hues = { fresh: 'done', late: 'retry', still: 'dead', paused: 'parked' } as const

export const PollState = ({ poll }: { readonly poll: PollItem }) => (
  <span class={`status ${hues[poll.freshness.state]}`} title={meanings[poll.freshness.state]}>
    {poll.state === 'blocked' ? 'blocked' : poll.freshness.state}
  </span>
)

const PollRow = ({ poll, now }: { readonly poll: PollItem; readonly now: EpochMs }) => (
  <Row>
    <Cell class="c-status">
      <PollState poll={poll} />
    </Cell>
    <StreamCell poll={poll} />
    <Cell class="c-mark">
      {poll.watermark === null ? <span class="dim">none yet</span> : <Mono>{poll.watermark}</Mono>}
    </Cell>
    <Cell class="c-figure number">
      <span class="unit">lag </span>
      {spanOf(poll.lagMs)}
    </Cell>
    <Cell class="c-figure number">
      <span class="unit">found </span>
      {poll.found}
    </Cell>
    <Cell class="c-figure number">
      <span class="unit">missed </span>
      <Missed poll={poll} now={now} />
    </Cell>
    <Cell class="c-time">{poll.nextRunAt === null ? 'never' : <Ago at={poll.nextRunAt} now={now} />}</Cell>
    <Cell class="c-run">
      {poll.state !== 'paused' && (
        <PostForm action="/console/polls/run">
          <button
            class="quiet"
            name="id"
            value={poll.id}
            aria-label={`Read ${poll.provider} ${poll.stream} now`}
          >
            Read
          </button>
        </PostForm>
      )}
    </Cell>
  </Row>
)

const StreamCell = ({ poll }: { readonly poll: PollItem }) => (
  <Cell class="c-event">
    <a href={`/console/polls/${poll.id}`}>
      <span class="dim">{poll.provider}</span> <b>{poll.stream}</b>
    </a>
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
  </Cell>
)

/** Changes that no webhook brought; a stream that no webhook brings has none to miss. */
export const Missed = ({ poll, now }: { readonly poll: PollItem; readonly now: EpochMs }) =>
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
