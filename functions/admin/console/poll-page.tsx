import type { Child } from 'hono/jsx'
import type { PollItem } from '#lib/admin/schemas-polls.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Backfills, NoBackfills, type BackfillView } from './backfills.tsx'
import { Fact } from './facts.tsx'
import { Field, PostForm } from './forms.tsx'
import { Ago, Mono, spanOf, When } from './parts.tsx'
import { Missed, PollState } from './poll-table.tsx'
import { maySend } from './rights.ts'

export interface PollPageProps {
  readonly poll: PollItem
  readonly backfills: readonly BackfillView[]
  readonly notice: Child
  readonly now: EpochMs
}

/** One stream of one connection: how far it is read, and the backfills of its past. */
export const PollPage = ({ poll, backfills, notice, now }: PollPageProps) => (
  <>
    <p class="crumbs">
      <a href="/console/polls">Polls</a>
    </p>
    {notice}
    <div class="head" data-live-id="head">
      <h1 class="break">
        <span class="dim">{poll.provider}</span> {poll.stream}
      </h1>
      <PollState poll={poll} />
      {poll.state !== 'paused' && (
        <div class="actions">
          <PostForm action="/console/polls/run" fields={{ id: poll.id, back: poll.id }}>
            <button>Read now</button>
          </PostForm>
        </div>
      )}
    </div>
    <div data-live-id="poll">
      {(poll.cause ?? poll.lastError) !== null && <p class="why dead">{poll.cause ?? poll.lastError}</p>}
      <Facts poll={poll} now={now} />
    </div>
    <section aria-labelledby="backfills" data-live-id="backfills">
      <h2 id="backfills">Backfills</h2>
      {backfills.length > 0 ? <Backfills items={backfills} now={now} /> : <NoBackfills />}
    </section>
    <Start poll={poll} />
  </>
)

const Facts = ({ poll, now }: { readonly poll: PollItem; readonly now: EpochMs }) => (
  <dl class="facts">
    <Fact name="Tenant">{poll.tenant}</Fact>
    <Fact name="Connection" wide>
      <a
        class="mono"
        href={`/console/connections/${poll.connection}?tenant=${encodeURIComponent(poll.tenant)}`}
      >
        {poll.connection}
      </a>
    </Fact>
    <Fact name="Watermark" wide>
      {poll.watermark === null ? <span class="dim">none yet</span> : <Mono>{poll.watermark}</Mono>}
    </Fact>
    <Fact name="Lag">{spanOf(poll.lagMs)}</Fact>
    <Fact name="Read every">{spanOf(poll.intervalMs)}</Fact>
    <Fact name="Last run">{poll.lastRunAt === null ? 'never' : <Ago at={poll.lastRunAt} now={now} />}</Fact>
    <Fact name="Next run">{poll.nextRunAt === null ? 'never' : <Ago at={poll.nextRunAt} now={now} />}</Fact>
    <Fact name="Newest change known">
      {poll.freshness.newestAt === null ? 'none' : <When at={poll.freshness.newestAt} now={now} />}
    </Fact>
    <Fact name="Events found">{poll.found.toLocaleString('en')}</Fact>
    <Fact name="Missed by webhooks">
      <Missed poll={poll} now={now} />
    </Fact>
    <Fact name="Failures in a row">{poll.failures}</Fact>
    {poll.gap && (
      <Fact name={poll.gap.of === 'all' ? 'Nothing is known of' : 'No deletion is known of'} wide>
        <When at={poll.gap.since} now={now} /> to <When at={poll.gap.until} now={now} />
      </Fact>
    )}
  </dl>
)

const Start = ({ poll }: { readonly poll: PollItem }) =>
  maySend(`/console/polls/${poll.id}/backfills`) && (
    <section aria-labelledby="start">
      <h2 id="start">Read a stretch of the past</h2>
      <div class="panel">
        <p class="dim">
          Without a beginning it reads from the first item there is, without an end up to now.
        </p>
        <PostForm action={`/console/polls/${poll.id}/backfills`} class="filters">
          <Field name="since" type="datetime-local" label="Since (UTC)" value={undefined} />
          <Field name="until" type="datetime-local" label="Until (UTC)" value={undefined} />
          <label class="check">
            <input type="checkbox" name="again" value="1" /> Also if this window was read before
          </label>
          <button>Start a backfill</button>
        </PostForm>
      </div>
    </section>
  )

export const NoPollPage = () => (
  <>
    <p class="crumbs">
      <a href="/console/polls">Polls</a>
    </p>
    <div class="empty">
      <h1>There is no such poll</h1>
      <p>Its connection was deleted, or the stream is no longer in the config.</p>
    </div>
  </>
)
