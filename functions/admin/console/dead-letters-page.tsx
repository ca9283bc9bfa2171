import type { Child } from 'hono/jsx'
import type { DeadCause } from '#lib/admin/dead-causes.ts'
import type { DeadLetter } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm, PostForm } from './forms.tsx'
import { Ago, Mono } from './parts.tsx'
import { maySend } from './rights.ts'
import { Cell, Row, Table } from './table.tsx'

export interface DeadLettersPageProps {
  readonly items: readonly DeadLetter[]
  /** What they died of, the most first; none where the list is narrowed to one reason. */
  readonly causes: readonly DeadCause[]
  /** There are more dead letters than were counted. */
  readonly hasMore: boolean
  readonly reason: string | undefined
  readonly older: string | undefined
  readonly notice: Child
  readonly now: EpochMs
}

const redrive = '/console/dead-letters/redrive'

/** What was given up, why, and the way to send it through again. */
export const DeadLettersPage = (props: DeadLettersPageProps) => {
  const { items, causes, reason, older, notice, now } = props
  return (
    <>
      <div class="head">
        <h1>Dead letters</h1>
        {reason && <a href="/console/dead-letters">All reasons</a>}
      </div>
      {notice}
      {reason && <OneReason reason={reason} />}
      {causes.length > 0 && <Causes {...props} />}
      {items.length > 0 ? <Letters items={items} now={now} /> : <Empty reason={reason} />}
      <p id="pages">{older && <a href={older}>Older dead letters</a>}</p>
    </>
  )
}

const listOf = (reason: string): string => `/console/dead-letters?reason=${encodeURIComponent(reason)}`

const Causes = ({ causes, hasMore, now }: DeadLettersPageProps) => (
  <section aria-labelledby="causes" class="first">
    <h2 id="causes">
      By cause{' '}
      {hasMore && <span class="dim">of the latest {causes.reduce((sum, { count }) => sum + count, 0)}</span>}
    </h2>
    <Table
      caption="Dead letters by cause, the most first"
      class="causes"
      columns={[
        'Reason',
        'Provider',
        { text: 'Events', class: 'number' },
        'Last death',
        { text: 'Actions', isHidden: true },
      ]}
    >
      {causes.map((cause, index) => (
        <CauseRow cause={cause} id={`cause-${index}`} hasMore={hasMore} now={now} />
      ))}
    </Table>
  </section>
)

interface CauseRowProps {
  readonly cause: DeadCause
  readonly id: string
  readonly hasMore: boolean
  readonly now: EpochMs
}

const CauseRow = ({ cause: { reason, count, providers, latestAt }, id, hasMore, now }: CauseRowProps) => (
  <Row>
    <Cell class="c-wide">
      {reason === null ? (
        <span class="dim">no reason was kept</span>
      ) : (
        <a class="reason dead" href={listOf(reason)}>
          {reason}
        </a>
      )}
    </Cell>
    <Cell class="dim">{providers.join(', ')}</Cell>
    <Cell class="number" label="Events">
      {count}
      {hasMore && <span title="there may be older ones"> or more</span>}
    </Cell>
    <Cell class="c-time">
      <Ago at={latestAt} now={now} />
    </Cell>
    <Cell class="c-run">
      {reason !== null && <RedriveReason id={id} reason={reason} label="Redrive all" />}
    </Cell>
  </Row>
)

interface RedriveReasonProps {
  readonly id: string
  readonly reason: string
  readonly label: string
}

const RedriveReason = ({ id, reason, label }: RedriveReasonProps) => (
  <Confirm
    id={id}
    label={label}
    name={`${label}: ${reason}`}
    question="Redrive every event of this cause?"
    doIt="Redrive them"
    action={redrive}
    fields={{ reason }}
  >
    <p class="reason dead">{reason}</p>
    <p>Each keeps its id and gets its attempts back. What has not been mended dies again.</p>
  </Confirm>
)

const OneReason = ({ reason }: { readonly reason: string }) => (
  <div class="toolbar">
    <p class="why dead">{reason}</p>
    <RedriveReason id="cause" reason={reason} label="Redrive all with this reason" />
  </div>
)

const Empty = ({ reason }: { readonly reason: string | undefined }) => (
  <div class="empty">
    <h2>{reason ? 'No dead letter has this reason' : 'No dead letters'}</h2>
    <p>Events that fail too often, or that can not be read, wait here with their reason for 30 days.</p>
  </div>
)

const Letters = ({ items, now }: Pick<DeadLettersPageProps, 'items' | 'now'>) => (
  <section aria-labelledby="letters">
    <h2 id="letters">Events</h2>
    {!maySend(redrive) && <DeadTable items={items} now={now} />}
    <PostForm action={redrive}>
      <div class="toolbar">
        <button name="selected" value="1">
          Redrive selected
        </button>
        <label class="check" data-needs-script hidden>
          <input type="checkbox" data-all="ids" aria-label="Select all on this page" />
          <span aria-hidden="true">All on this page</span>
        </label>
        <span class="dim">A redriven event keeps its id and gets its attempts back.</span>
      </div>
      <DeadTable items={items} now={now} />
    </PostForm>
  </section>
)

const DeadTable = ({ items, now }: Pick<DeadLettersPageProps, 'items' | 'now'>) => (
  <Table
    caption="Dead letters, the latest first"
    class="dead-letters"
    columns={[
      ...(maySend(redrive) ? [{ text: 'Select', isHidden: true }] : []),
      'Reason',
      'Event',
      'Tenant',
      { text: 'Attempts', class: 'number' },
      'Died',
    ]}
  >
    {items.map((letter) => (
      <DeadRow letter={letter} now={now} />
    ))}
  </Table>
)

const DeadRow = ({ letter, now }: { readonly letter: DeadLetter; readonly now: EpochMs }) => (
  <Row>
    {maySend(redrive) && (
      <Cell class="c-check">
        <input
          type="checkbox"
          name="ids"
          value={letter.id}
          aria-label={`Select ${letter.provider} ${letter.type}`}
        />
      </Cell>
    )}
    <Cell class="c-reason">
      {letter.reason && (
        <a class="reason dead" href={listOf(letter.reason)}>
          {letter.reason}
        </a>
      )}
    </Cell>
    <Cell class="c-event">
      <a href={`/console/events/${letter.id}`}>
        <span class="dim">{letter.provider}</span> <b>{letter.type}</b>
      </a>
    </Cell>
    <Cell class="c-tenant">{letter.tenant}</Cell>
    <Cell class="c-attempts number">
      {letter.attempts}
      <span class="unit"> {letter.attempts === 1 ? 'attempt' : 'attempts'}</span>
    </Cell>
    <Cell class="c-time">
      <Ago at={letter.deadAt} now={now} />
    </Cell>
  </Row>
)

interface RedriveNoticeProps {
  readonly queued: number
  readonly others: number
  /** More were left than one press sends. */
  readonly hasMore?: boolean
}

/** What the redrive of some events came to. */
export const RedriveNotice = ({ queued, others, hasMore }: RedriveNoticeProps) => (
  <p class="notice" role="status">
    {queued} {queued === 1 ? 'event' : 'events'} sent through again.
    {others > 0 && ` ${others} could not be: no longer dead, or without a body.`} A redriven event stays here
    until a worker takes it.
    {hasMore && ' There are more with this reason: redrive again.'}
  </p>
)

export const ReplayNotice = ({ id }: { readonly id: string }) => (
  <p class="notice" role="status">
    Replay queued as{' '}
    <a href={`/console/events/${id}`}>
      <Mono>{id}</Mono>
    </a>
  </p>
)
