import type { Child } from 'hono/jsx'
import type { ReplayItem, ReplayPlanItem } from '#lib/admin/schemas-replays.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { figure } from './overview-parts.tsx'
import { NewReplay, Plan, type ReplayWish } from './replay-form.tsx'
import { Confirm, PostForm } from './forms.tsx'
import { Ago, When } from './parts.tsx'
import { maySend } from './rights.ts'

export interface ReplaysPageProps {
  readonly items: readonly ReplayItem[]
  readonly wish: ReplayWish
  readonly plan: ReplayPlanItem | undefined
  readonly providers: readonly string[]
  readonly notice: Child
  readonly now: EpochMs
}

/** Many events at once, sent through again. */
export const ReplaysPage = ({ items, wish, plan, providers, notice, now }: ReplaysPageProps) => (
  <>
    <div class="head">
      <h1>Replays</h1>
    </div>
    {notice}
    {plan && <Plan plan={plan} now={now} />}
    {maySend('/console/replays/plan') && (
      <section aria-labelledby="new" class="first">
        <h2 id="new">Replay a stretch of time</h2>
        <NewReplay wish={wish} providers={providers} />
      </section>
    )}
    <section aria-labelledby="replays" data-live-id="replays">
      <h2 id="replays">Replays so far</h2>
      {items.length === 0 ? (
        <p class="calm dim">None yet. One event alone is replayed from its own page.</p>
      ) : (
        <ul class="backfills">
          {items.map((replay) => (
            <Replay replay={replay} now={now} />
          ))}
        </ul>
      )}
    </section>
  </>
)

const hues = { running: 'claimed', paused: 'parked', done: 'done', cancelled: '' } as const

interface ReplayProps {
  readonly replay: ReplayItem
  readonly now: EpochMs
}

const Replay = ({ replay, now }: ReplayProps) => {
  const { id, status, share } = replay
  return (
    <li class="backfill">
      <div class="top">
        <span class={`status ${hues[status]}`}>{status}</span>
        <h3 class="break">{namesOf(replay)}</h3>
        <Actions replay={replay} />
      </div>
      <div class="bar-of">
        <progress id={`progress-${id}`} aria-label="Sent so far" max="1" value={share} />
        <span class="number">{Math.floor(share * 100)} %</span>
      </div>
      <Counts replay={replay} now={now} />
    </li>
  )
}

const Counts = ({ replay, now }: ReplayProps) => {
  const { counts, planned, rate, mode, since, until, createdAt, finishedAt } = replay
  const gone = counts.expired + counts.unreadable
  return (
    <div class="counts">
      <div>
        {figure(counts.queued)} queued, {figure(counts.skipped + counts.underway)} skipped
        {gone > 0 && `, ${figure(gone)} without a body`}
        {planned !== null && ` of ${figure(planned)}`}, at most {figure(rate)} a second
        {mode === 'forced' && ', every handler again'}
      </div>
      <div class="dim">
        received from <When at={since} now={now} /> to <When at={until} now={now} />
      </div>
      <div class="dim">
        started <Ago at={createdAt} now={now} />
        {finishedAt !== null && (
          <>
            , ended <Ago at={finishedAt} now={now} />
          </>
        )}
      </div>
      <Trouble replay={replay} now={now} />
    </div>
  )
}

const Trouble = ({ replay: { cause, failure, failures, nextAt, status }, now }: ReplayProps) =>
  (cause ?? failure) === null ? null : (
    <span class="reason">
      {cause ?? failure}
      {failures > 0 && ` (${failures} in a row)`}
      {nextAt !== null && status === 'running' && (
        <>
          , again <Ago at={nextAt} now={now} />
        </>
      )}
    </span>
  )

/** `stripe invoice.paid of acme, dead ones` */
const namesOf = ({ tenant, filter: { provider, type, status } }: ReplayItem): string =>
  [
    [provider ?? 'every provider', type].filter(Boolean).join(' '),
    ` of ${tenant}`,
    status && `, ${status} ones`,
  ]
    .filter(Boolean)
    .join('')

const Actions = ({ replay: { id, status } }: Pick<ReplayProps, 'replay'>) => {
  const at = (action: string): string => `/console/replays/${encodeURIComponent(id)}/${action}`
  if (status !== 'running' && status !== 'paused') return null
  return (
    <div class="actions">
      <PostForm action={at(status === 'paused' ? 'resume' : 'pause')}>
        <button class="quiet">{status === 'paused' ? 'Resume' : 'Pause'}</button>
      </PostForm>
      <Confirm
        id={`cancel-${id}`}
        label="Cancel"
        tone="danger"
        question="Cancel this replay?"
        doIt="Cancel the replay"
        action={at('cancel')}
      >
        <p>What has been queued goes through; nothing more is queued.</p>
      </Confirm>
    </div>
  )
}
