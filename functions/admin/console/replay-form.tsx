import { replayRates } from '#lib/admin/replay-wish.ts'
import type { ReplayPlanItem } from '#lib/admin/schemas-replays.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm, Field, PostForm } from './forms.tsx'
import { figure } from './overview-parts.tsx'
import { Select, spanOf, When } from './parts.tsx'

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
      <Field name="until" type="datetime-local" label="Until (UTC)" value={wish.until} />
      <Field name="tenant" label="Tenant" value={wish.tenant} isRequired />
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
      <Select name="mode" label="How" value={wish.mode} options={modes} />
      <Field
        name="rate"
        type="number"
        label="Most a second"
        value={wish.rate}
        placeholder={String(replayRates.unless)}
      />
      <button>Plan it</button>
    </PostForm>
  </div>
)

/** What a replay would come to, and the button that starts it. */
export const Plan = ({ plan, now }: { readonly plan: ReplayPlanItem; readonly now: EpochMs }) => {
  const { events, queued, countedTo, seconds, since, until, mode } = plan
  const isCut = countedTo !== null
  return (
    <section class="link-made first" aria-labelledby="plan">
      <h2 id="plan">The plan: nothing is queued yet</h2>
      <dl class="figures">
        <Figure name={isCut ? 'Events, at least' : 'Events'} value={figure(events)} />
        <Figure name={isCut ? 'To be queued, at least' : 'To be queued'} value={figure(queued)} />
        <Figure name="Skipped" value={figure(events - queued)} />
        <Figure name={isCut ? 'Takes at least' : 'Takes'} value={spanOf(seconds * 1_000)} />
      </dl>
      <p>
        Of {plan.tenant}, received from <When at={since} now={now} /> to <When at={until} now={now} />
        {isCut && (
          <>
            ; counted up to <When at={countedTo} now={now} />
          </>
        )}
        .
      </p>
      {(queued > 0 || isCut) && (
        <Confirm
          id="start"
          tone="primary"
          label="Start this replay"
          question={isCut ? `Replay ${figure(queued)} events and more?` : `Replay ${figure(queued)} events?`}
          doIt="Start it"
          action="/console/replays"
          fields={fieldsOf(plan)}
        >
          <p>
            {mode === 'forced'
              ? 'Every handler runs again, also for events that are done.'
              : 'Events keep their keys: what is done is left alone.'}
          </p>
        </Confirm>
      )}
    </section>
  )
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

/** The same once more: the plan is for people, the replay counts anew. */
const fieldsOf = ({ since, until, tenant, filter, mode, rate }: ReplayPlanItem) => ({
  since,
  until,
  tenant,
  ...(filter.provider !== undefined && { provider: filter.provider }),
  ...(filter.type !== undefined && { type: filter.type }),
  ...(filter.status !== undefined && { status: filter.status }),
  mode,
  rate: String(rate),
})
