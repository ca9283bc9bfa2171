import type { Child } from 'hono/jsx'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm } from './forms.tsx'
import { Breaker, figure } from './overview-parts.tsx'
import { Ago } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

/** A circuit breaker as it stands now. Instants are RFC 3339. */
export interface BreakerView {
  /** Names it in addresses. */
  readonly id: string
  readonly provider: string
  /** What it stands for: a host, a connection, an operation. */
  readonly scope: string
  readonly state: 'closed' | 'open' | 'half_open'
  /** Since when it stands so; `null` where it has never changed. */
  readonly since: string | null
  /** When the next call is let through to try. */
  readonly retryAt: string | null
  /** Calls and failures in its window. */
  readonly calls: number
  readonly failures: number
  /** What opened it. */
  readonly cause: string | null
  /** Of what is looked at: a reset is of this and of no later opening. */
  readonly version: string | null
}

/** How much of a rate limit is used. */
export interface LimitView {
  readonly id: string
  readonly provider: string
  /** Whose limit it is: an account, an app, a kind of call. */
  readonly scope: string
  /** In words: `100 a minute`. */
  readonly rule: string
  /** `null`: nobody counts it. */
  readonly used: number | null
  readonly of: number
  readonly resetAt: string | null
  /** Until when the provider wants no call at all. */
  readonly blockedUntil: string | null
  /** Calls that wait for their turn; `null`: nobody counts them. */
  readonly waiting: number | null
  /** Answers 429 in the last hour; `null`: nobody counts them. */
  readonly throttled: number | null
}

export interface LimitsPageProps {
  readonly breakers: readonly BreakerView[]
  readonly limits: readonly LimitView[]
  /** Whether who looks may reset a breaker. */
  readonly mayReset: boolean
  readonly notice: Child
  readonly now: EpochMs
}

/** What holds calls back. */
export const LimitsPage = ({ breakers, limits, mayReset, notice, now }: LimitsPageProps) => (
  <>
    <div class="head">
      <h1>Limits and breakers</h1>
    </div>
    {notice}
    <section aria-labelledby="breakers" class="first">
      <h2 id="breakers">Breakers</h2>
      {breakers.length === 0 ? (
        <p class="calm">
          <span class="status done">closed</span> No breaker has counted a failure.
        </p>
      ) : (
        <Table
          caption="Breakers, those that are open first"
          class="breakers"
          columns={[
            'State',
            'Breaker',
            { text: 'Failures', class: 'number' },
            'Since',
            'Next try',
            { text: 'Actions', isHidden: true },
          ]}
        >
          {breakers.toSorted(byState).map((breaker) => (
            <BreakerRow breaker={breaker} mayReset={mayReset} now={now} />
          ))}
        </Table>
      )}
    </section>
    <section aria-labelledby="limits">
      <h2 id="limits">Rate limits</h2>
      {limits.length === 0 ? (
        <p class="calm dim">Nothing was called in the last hour.</p>
      ) : (
        <Limits limits={limits} now={now} />
      )}
    </section>
  </>
)

const order = ['open', 'half_open', 'closed'] as const
const byState = (a: BreakerView, b: BreakerView): number =>
  order.indexOf(a.state) - order.indexOf(b.state) || a.provider.localeCompare(b.provider)

interface BreakerRowProps {
  readonly breaker: BreakerView
  readonly mayReset: boolean
  readonly now: EpochMs
}

const BreakerRow = ({ breaker, mayReset, now }: BreakerRowProps) => (
  <Row>
    <Cell class="c-status">
      <Breaker state={breaker.state} />
    </Cell>
    <Cell class="c-event">
      <span class="dim">{breaker.provider}</span> <b>{breaker.scope}</b>
      {breaker.cause && <span class="reason">{breaker.cause}</span>}
    </Cell>
    <Cell class="number" label="Failures">
      {figure(breaker.failures)} of {figure(breaker.calls)}
    </Cell>
    <Cell class="c-figure" label="Since">
      {breaker.since === null ? <span class="dim">ever</span> : <Ago at={breaker.since} now={now} />}
    </Cell>
    <Cell class="c-figure" label="Next try">
      {breaker.retryAt === null ? <span class="dim">–</span> : <Ago at={breaker.retryAt} now={now} />}
    </Cell>
    <Cell class="c-run">
      {mayReset && breaker.state !== 'closed' && (
        <Confirm
          id={`reset-${breaker.id}`}
          label="Reset"
          name={`Reset the breaker of ${breaker.provider} ${breaker.scope}`}
          question="Reset this breaker?"
          doIt="Reset it"
          action={`/console/breakers/${encodeURIComponent(breaker.id)}/reset`}
          fields={breaker.version === null ? {} : { version: breaker.version }}
        >
          <p>Calls go through at once. If they still fail, it opens again.</p>
        </Confirm>
      )}
    </Cell>
  </Row>
)

const Limits = ({ limits, now }: Pick<LimitsPageProps, 'limits' | 'now'>) => (
  <Table
    caption="Rate limits and how much of each is used"
    class="limits"
    columns={[
      'Limit',
      'Used',
      { text: 'Waiting', class: 'number' },
      { text: '429s in an hour', class: 'number' },
      'Starts anew',
    ]}
  >
    {limits.map((limit) => (
      <LimitRow limit={limit} now={now} />
    ))}
  </Table>
)

const LimitRow = ({ limit, now }: { readonly limit: LimitView; readonly now: EpochMs }) => (
  <Row>
    <Cell class="c-event">
      <span class="dim">{limit.provider}</span> <b>{limit.scope}</b>
      <span class="tag">{limit.rule}</span>
      {limit.blockedUntil && (
        <span class="reason">
          The provider wants no call; it may be asked again <Ago at={limit.blockedUntil} now={now} />.
        </span>
      )}
    </Cell>
    <Cell class="c-use">
      {limit.used === null ? <span class="dim">–</span> : <Used {...limit} used={limit.used} />}
    </Cell>
    <Cell class="number" label="Waiting">
      {limit.waiting === null ? '–' : figure(limit.waiting)}
    </Cell>
    <Cell class="number" label="429s in an hour">
      <span class={limit.throttled ? 'warn' : undefined}>
        {limit.throttled === null ? '–' : figure(limit.throttled)}
      </span>
    </Cell>
    <Cell class="c-figure" label="Starts anew">
      {limit.resetAt === null ? <span class="dim">bit by bit</span> : <Ago at={limit.resetAt} now={now} />}
    </Cell>
  </Row>
)

type UsedProps = Pick<LimitView, 'provider' | 'scope' | 'of'> & { readonly used: number }

const Used = ({ provider, scope, of, used }: UsedProps) => (
  <div class="use">
    <meter min="0" max={of} high={of * 0.9} value={used} aria-label={`Used of ${provider} ${scope}`} />
    <span class="dim">
      {figure(used)} of {figure(of)}
    </span>
  </div>
)
