import type { WholeOverview } from '#lib/admin/read-overview.ts'
import { sumOf, type ProviderHealth } from '#lib/admin/overview.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Attention } from './overview-attention.tsx'
import { ProviderCard } from './overview-card.tsx'
import { Breaker, figure, Freshness, NotMeasured, shareOf, tookOf } from './overview-parts.tsx'
import { Select, spanOf, When } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

export interface OverviewPageProps {
  readonly overview: WholeOverview
  readonly within: string
  readonly now: EpochMs
}

const windows = [
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
] as const

/** How every provider does: what needs someone, small charts, and the same in figures. */
export const OverviewPage = ({ overview, within, now }: OverviewPageProps) => (
  <>
    <div class="head">
      <h1>Overview</h1>
      <form class="filters" method="get" action="/console" data-submit-on-change>
        <Select name="within" label="Time" value={within} options={windows} />
        <button>Show</button>
      </form>
    </div>
    <div data-live-id="overview">
      {overview.isCut && (
        <p class="notice">
          Of the newest {figure(overview.events)} events, since <When at={overview.since} now={now} />: there
          were more in this time.
        </p>
      )}
      <Figures overview={overview} />
      <Attention overview={overview} />
      {overview.providers.length > 0 ? <Providers overview={overview} /> : <Empty />}
    </div>
  </>
)

const Figures = ({ overview }: Pick<OverviewPageProps, 'overview'>) => {
  const { events, failing, dead, p95Ms, missed } = overview
  return (
    <dl class="figures">
      <Figure name="Events" value={figure(events)} more="received" />
      <Figure
        name="Error rate"
        value={shareOf(failing, events)}
        more={`${figure(failing)} dead or retrying`}
        isBad={failing > 0}
      />
      <Figure name="Dead" value={figure(dead)} more="wait for a redrive" isBad={dead > 0} />
      <Figure name="p95" value={tookOf(p95Ms)} more="from received to done" />
      <Figure name="Missed" value={figure(missed)} more="not brought by a webhook" />
    </dl>
  )
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly more: string
  readonly isBad?: boolean
}

const Figure = ({ name, value, more, isBad }: FigureProps) => (
  <div>
    <dt>{name}</dt>
    <dd class={isBad ? 'bad-figure' : undefined}>{value}</dd>
    <dd class="small">{more}</dd>
  </div>
)

const Providers = ({ overview }: Pick<OverviewPageProps, 'overview'>) => (
  <>
    <section aria-labelledby="providers">
      <h2 id="providers">
        Providers <span class="dim">one bar is {spanOf(overview.spanMs)}</span>
      </h2>
      <div class="cards">
        {overview.providers.map((health) => (
          <ProviderCard health={health} spanMs={overview.spanMs} />
        ))}
      </div>
    </section>
    <section aria-labelledby="figures">
      <h2 id="figures">The same in figures</h2>
      <FigureTable overview={overview} />
    </section>
  </>
)

const right = (text: string) => ({ text, class: 'number' })

const FigureTable = ({ overview }: Pick<OverviewPageProps, 'overview'>) => (
  <Table
    caption="Providers in figures"
    class="providers"
    columns={[
      'Provider',
      right('Events'),
      right('An hour'),
      right('Errors'),
      right('p95'),
      right('429s'),
      'Freshness',
      'Breaker',
      right('Missed'),
    ]}
  >
    {overview.providers.map((health) => (
      <FigureRow health={health} spanMs={overview.spanMs} />
    ))}
  </Table>
)

interface FigureRowProps {
  readonly health: ProviderHealth
  readonly spanMs: number
}

const FigureRow = ({ health, spanMs }: FigureRowProps) => {
  const [events, failing] = [sumOf(health.events), sumOf(health.failing)]
  const hours = (spanMs * health.events.length) / 3_600_000
  return (
    <Row>
      <Cell class="c-wide">
        <b>{health.provider}</b>
      </Cell>
      <Cell class="number" label="Events">
        {figure(events)}
      </Cell>
      <Cell class="number" label="An hour">
        {figure(events / hours)}
      </Cell>
      <Cell class="number" label="Errors">
        <span class={failing > 0 ? 'bad-figure' : undefined}>{shareOf(failing, events)}</span>
      </Cell>
      <Cell class="number" label="p95">
        {tookOf(health.p95Ms)}
      </Cell>
      <Cell class="number" label="429s">
        {health.throttled === null ? <NotMeasured /> : figure(sumOf(health.throttled))}
      </Cell>
      <Cell label="Freshness">
        <Freshness freshness={health.freshness} />
      </Cell>
      <Cell label="Breaker">
        <Breaker state={health.breaker} />
      </Cell>
      <Cell class="number" label="Missed">
        {figure(health.missed)}
      </Cell>
    </Row>
  )
}

const Empty = () => (
  <div class="empty">
    <h2>Nothing has come in yet</h2>
    <p>
      Send a signed webhook from a terminal, and look at the <a href="/console/events">events</a>:
      <code class="command">npx sluice send stripe</code>
    </p>
  </div>
)
