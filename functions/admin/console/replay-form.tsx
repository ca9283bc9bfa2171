import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm, Field, PostForm } from './forms.tsx'
import { figure } from './overview-parts.tsx'
import { Select, spanOf, When } from './parts.tsx'
import type { ReplayPlan } from './replay-view.ts'

/** What the form holds, as it was sent: times as their fields write them, `2026-11-21T08:00` in UTC. */
export interface ReplayWish {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly tenant?: string | undefined
  readonly provider?: string | undefined
  readonly type?: string | undefined
  readonly status?: string | undefined
  readonly mode?: string | undefined
  readonly rate?: string | undefined
}

interface NewReplayProps {
  readonly wish: ReplayWish
  readonly providers: readonly string[]
}

const modes = [
  ['same-key', 'leave what is done alone'],
  ['forced', 'run every handler again'],
] as const

/** Says what to replay. It is planned first: what it comes to is shown before anything is queued. */
export const NewReplay = ({ wish, providers }: NewReplayProps) => (
  <div class="panel">
    <PostForm action="/console/replays/plan" class="filters">
      <Field name="since" type="datetime-local" label="Received since (UTC)" value={wish.since} isRequired />
      <Field name="until" type="datetime-local" label="Until (UTC)" value={wish.until} isRequired />
      <Select
        name="provider"
        label="Provider"
        value={wish.provider}
        options={[['', 'all'], ...providers.map((id) => [id, id] as const)]}
      />
      <Field name="type" label="Type" value={wish.type} placeholder="all" />
      <Select
        name="status"
        label="Status"
        value={wish.status}
        options={[
          ['', 'all'],
          ['done', 'done'],
          ['dead', 'dead'],
        ]}
      />
      <Field name="tenant" label="Tenant" value={wish.tenant} isRequired />
      <Select name="mode" label="How" value={wish.mode} options={modes} />
      <Field name="rate" type="number" label="Most a second" value={wish.rate} placeholder="no limit" />
      <button>Plan it</button>
    </PostForm>
  </div>
)

/** What a replay would come to, and the button that starts it. */
export const Plan = ({ plan, now }: { readonly plan: ReplayPlan; readonly now: EpochMs }) => (
  <section class="link-made" aria-labelledby="plan">
    <h2 id="plan">The plan: nothing is queued yet</h2>
    <dl class="figures">
      <Figure name={plan.isCut ? 'Events, at least' : 'Events'} value={figure(plan.total)} />
      <Figure name="To be queued" value={figure(plan.toQueue)} />
      <Figure name="Done, so skipped" value={figure(plan.toSkip)} />
      {plan.expired !== null && <Figure name="Without a body" value={figure(plan.expired)} />}
      <Figure name="Takes" value={plan.seconds === null ? 'no limit' : spanOf(plan.seconds * 1_000)} />
    </dl>
    <p>
      Received from <When at={plan.since} now={now} /> to <When at={plan.until} now={now} />.
    </p>
    {plan.toQueue > 0 && (
      <Confirm
        id="start"
        tone="primary"
        label="Start this replay"
        question={`Replay ${figure(plan.toQueue)} events?`}
        doIt="Start it"
        action="/console/replays"
        fields={fieldsOf(plan)}
      >
        <p>
          {plan.mode === 'forced'
            ? 'Every handler runs again, also for events that are done.'
            : 'Events keep their keys: what is done is left alone.'}
        </p>
      </Confirm>
    )}
  </section>
)

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

/** The same scope once more: the plan is for people, the replay counts anew. */
const fieldsOf = ({ since, until, tenant, provider, type, eventStatus, mode, rate }: ReplayPlan) =>
  Object.fromEntries(
    Object.entries({
      since,
      until,
      tenant,
      provider,
      type,
      status: eventStatus,
      mode,
      rate: rate?.toString() ?? null,
    }).filter((entry): entry is [string, string] => entry[1] !== null),
  )
