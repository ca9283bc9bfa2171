import type { BackfillItem } from '#lib/admin/schemas-backfills.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm, PostForm } from './forms.tsx'
import { Ago, Mono } from './parts.tsx'

/** A backfill and the poll whose stream it reads. */
export interface BackfillView extends BackfillItem {
  /** The poll as addresses name it. */
  readonly pollId: string
  readonly stream: string
}

interface BackfillsProps {
  readonly items: readonly BackfillView[]
  readonly now: EpochMs
}

/** Backfills, each with how far it is and what can be done with it. */
export const Backfills = ({ items, now }: BackfillsProps) => (
  <ul class="backfills">
    {items.map((backfill) => (
      <li class="backfill">
        <Top backfill={backfill} now={now} />
        <Progress backfill={backfill} />
        <Counts backfill={backfill} now={now} />
      </li>
    ))}
  </ul>
)

interface BackfillProps {
  readonly backfill: BackfillView
  readonly now: EpochMs
}

const hues = { running: 'claimed', paused: 'parked', done: 'done', cancelled: '', failed: 'dead' } as const

const Top = ({ backfill }: BackfillProps) => (
  <div class="top">
    <span class={`status ${hues[backfill.status]}`}>{backfill.status}</span>
    <h3 class="break">
      <a href={`/console/polls/${backfill.pollId}`}>
        {backfill.provider} {backfill.stream}
      </a>{' '}
      <span class="tag">{backfill.tenant}</span>
    </h3>
    <Actions backfill={backfill} />
  </div>
)

const Actions = ({ backfill: { id, pollId, status, stream } }: Pick<BackfillProps, 'backfill'>) => {
  const at = (action: string): string => `/console/polls/${pollId}/backfills/${id}/${action}`
  if (status !== 'running' && status !== 'paused') return null
  const other = status === 'running' ? (['pause', 'Pause'] as const) : (['resume', 'Resume'] as const)
  return (
    <div class="actions">
      <PostForm action={at(other[0])}>
        <button class="quiet" aria-label={`${other[1]} the backfill of ${stream}`}>
          {other[1]}
        </button>
      </PostForm>
      <Confirm
        id={`cancel-${id}`}
        label="Cancel"
        name={`Cancel the backfill of ${stream}`}
        tone="danger"
        question="Cancel this backfill?"
        doIt="Cancel the backfill"
        action={at('cancel')}
      >
        <p>What it has found stays. The same window can be read again later, from its beginning.</p>
      </Confirm>
    </div>
  )
}

const Progress = ({ backfill: { id, share, status } }: Pick<BackfillProps, 'backfill'>) => {
  const known = status === 'done' ? 1 : share
  return (
    <div class="bar-of">
      <progress id={`progress-${id}`} aria-label="Read so far" max="1" value={known ?? undefined} />
      <span class="number">{known === null ? '' : `${Math.floor(known * 100)} %`}</span>
    </div>
  )
}

const Counts = ({ backfill, now }: BackfillProps) => {
  const { read, found, pages, total, since, until, startedAt, finishedAt } = backfill
  return (
    <div class="counts">
      <div>
        {read.toLocaleString('en')}
        {total !== null && ` of ${total.toLocaleString('en')}`} items read, {found.toLocaleString('en')} new
        events, on {pages.toLocaleString('en')} {pages === 1 ? 'page' : 'pages'}
      </div>
      <div class="dim">
        {since === null ? 'from the beginning' : `from ${dayOf(since)}`}{' '}
        {until === null ? 'to its start' : `to ${dayOf(until)}`}, started <Ago at={startedAt} now={now} />
        {finishedAt !== null && (
          <>
            , ended <Ago at={finishedAt} now={now} />
          </>
        )}
      </div>
      <Trouble backfill={backfill} now={now} />
    </div>
  )
}

const Trouble = ({ backfill, now }: BackfillProps) => {
  const { status, failure, failures, cause, gap, nextAt } = backfill
  return (
    <>
      {(cause ?? failure) !== null && (
        <span class={`reason ${status === 'failed' ? 'dead' : ''}`}>
          {cause ?? failure}
          {failures > 0 && ` (${failures} in a row)`}
          {nextAt !== null && status === 'running' && (
            <>
              , again <Ago at={nextAt} now={now} />
            </>
          )}
        </span>
      )}
      {gap && (
        <span class="reason">
          {gap.of === 'all' ? 'Nothing' : 'No deletion'} can be had from {dayOf(gap.since)} to{' '}
          {dayOf(gap.until)}
        </span>
      )}
    </>
  )
}

/** `2026-11-21 08:00 UTC` */
const dayOf = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`

/** How backfills are told apart from each other. */
export const NoBackfills = () => (
  <p class="calm dim">
    None yet. A backfill reads a stretch of the past beside the poll, on a queue of its own; see also{' '}
    <Mono>npx sluice polls backfill</Mono>.
  </p>
)
