import type { Child } from 'hono/jsx'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { figure } from './overview-parts.tsx'
import { NewReplay, Plan, type ReplayWish } from './replay-form.tsx'
import { Confirm, PostForm } from './forms.tsx'
import { Ago, When } from './parts.tsx'
import type { ReplayPlan, ReplayScope, ReplayView } from './replay-view.ts'

export interface ReplaysPageProps {
  readonly items: readonly ReplayView[]
  readonly wish: ReplayWish
  readonly plan: ReplayPlan | undefined
  readonly providers: readonly string[]
  readonly older: string | undefined
  readonly notice: Child
  readonly now: EpochMs
}

/** Many events at once, sent through again. */
export const ReplaysPage = ({ items, wish, plan, providers, older, notice, now }: ReplaysPageProps) => (
  <>
    <div class="head">
      <h1>Replays</h1>
    </div>
    {notice}
    {plan && <Plan plan={plan} now={now} />}
    <section aria-labelledby="new" class="first">
      <h2 id="new">Replay a stretch of time</h2>
      <NewReplay wish={wish} providers={providers} />
    </section>
    <section aria-labelledby="replays">
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
    <p id="pages">{older && <a href={older}>Older replays</a>}</p>
  </>
)

const hues = { running: 'claimed', paused: 'parked', done: 'done', cancelled: '', failed: 'dead' } as const

interface ReplayProps {
  readonly replay: ReplayView
  readonly now: EpochMs
}

const Replay = ({ replay, now }: ReplayProps) => {
  const handled = replay.queued + replay.skipped + replay.failed
  const share =
    replay.status === 'done'
      ? 1
      : replay.total === null
        ? null
        : Math.min(1, handled / Math.max(1, replay.total))
  return (
    <li class="backfill">
      <div class="top">
        <span class={`status ${hues[replay.status]}`}>{replay.status}</span>
        <h3 class="break">{namesOf(replay)}</h3>
        <Actions replay={replay} />
      </div>
      <div class="bar-of">
        <progress aria-label="Sent so far" max="1" value={share ?? undefined} />
        <span class="number">{share === null ? '' : `${Math.floor(share * 100)} %`}</span>
      </div>
      <div class="counts">
        <div>
          {figure(replay.queued)} queued, {figure(replay.skipped)} skipped
          {replay.failed > 0 && `, ${figure(replay.failed)} failed`}
          {replay.total !== null && ` of ${figure(replay.total)}`}
          {replay.rate !== null && `, at most ${figure(replay.rate)} a second`}
          {replay.mode === 'forced' && ', every handler again'}
        </div>
        <div class="dim">
          received from <When at={replay.since} now={now} /> to <When at={replay.until} now={now} />
        </div>
        <div class="dim">
          started {replay.startedBy && `by ${replay.startedBy} `}
          <Ago at={replay.startedAt} now={now} />
          {replay.finishedAt && (
            <>
              , ended <Ago at={replay.finishedAt} now={now} />
            </>
          )}
        </div>
        {replay.cause && (
          <span class={`reason ${replay.status === 'failed' ? 'dead' : ''}`}>{replay.cause}</span>
        )}
      </div>
    </li>
  )
}

/** `stripe invoice.paid of acme, dead ones` */
const namesOf = ({ provider, type, tenant, eventStatus }: ReplayScope): string =>
  [
    [provider ?? 'every provider', type].filter(Boolean).join(' '),
    tenant && ` of ${tenant}`,
    eventStatus && `, ${eventStatus} ones`,
  ]
    .filter(Boolean)
    .join('')

const Actions = ({ replay: { id, status } }: Pick<ReplayProps, 'replay'>) => {
  const at = (action: string): string => `/console/replays/${encodeURIComponent(id)}/${action}`
  if (status !== 'running' && status !== 'paused') return null
  return (
    <div class="actions">
      {status === 'paused' && (
        <PostForm action={at('resume')}>
          <button class="quiet">Resume</button>
        </PostForm>
      )}
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
