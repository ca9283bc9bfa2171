import { sumOf, type ProviderHealth } from '#lib/admin/overview.ts'
import type { Child } from 'hono/jsx'
import { Bars, Line } from './charts.tsx'
import { Breaker, figure, Freshness, NotMeasured, shareOf, tookOf } from './overview-parts.tsx'
import { spanOf } from './parts.tsx'

interface ProviderCardProps {
  readonly health: ProviderHealth
  /** Of one bar. */
  readonly spanMs: number
}

/** One provider in small charts. */
export const ProviderCard = ({ health, spanMs }: ProviderCardProps) => {
  const { provider, events, failing, p95Ms, p95sMs, throttled } = health
  const [all, bad] = [sumOf(events), sumOf(failing)]
  const limited = sumOf(throttled ?? [])
  const each = `for each ${spanOf(spanMs)}`
  return (
    <article class="card" aria-labelledby={`card-${provider}`}>
      <header>
        <h3 id={`card-${provider}`}>
          <a href={`/console/events?provider=${encodeURIComponent(provider)}`}>{provider}</a>
        </h3>
        <span class={`status ${bad > 0 ? 'dead' : all > 0 ? 'done' : ''}`}>
          {bad > 0 ? `${shareOf(bad, all)} failing` : all > 0 ? 'no errors' : 'quiet'}
        </span>
      </header>
      {all > 0 ? (
        <>
          <Chart name="Events" value={figure(all)}>
            <Bars
              label={`Events ${each}: ${saying(events)}; ${bad === 0 ? 'none' : figure(bad)} failing`}
              values={events}
              bad={failing}
            />
          </Chart>
          <Chart name="p95 from received to done" value={tookOf(p95Ms)}>
            <Line label={`p95 ${each}: ${sayingTimes(p95sMs)}`} values={p95sMs} />
          </Chart>
        </>
      ) : (
        <p class="dim">Nothing came in.</p>
      )}
      {throttled && limited > 0 && (
        <Chart name="Answers 429" value={figure(limited)} isBad>
          <Bars label={`Answers 429 ${each}: ${saying(throttled)}`} values={throttled} />
        </Chart>
      )}
      <Standing health={health} limited={limited} />
    </article>
  )
}

interface StandingProps {
  readonly health: ProviderHealth
  /** Answers 429. */
  readonly limited: number
}

const Standing = ({ health, limited }: StandingProps) => (
  <dl>
    <div>
      <dt>429s</dt>
      <dd>{health.throttled === null ? <NotMeasured /> : figure(limited)}</dd>
    </div>
    <div>
      <dt>Freshness</dt>
      <dd>
        <Freshness freshness={health.freshness} />
      </dd>
    </div>
    <div>
      <dt>Breaker</dt>
      <dd>
        <Breaker state={health.breaker} />
      </dd>
    </div>
    <div>
      <dt>Missed</dt>
      <dd class={health.missed > 0 ? 'warn' : undefined}>{figure(health.missed)}</dd>
    </div>
  </dl>
)

const saying = (values: readonly number[]): string =>
  `from ${figure(Math.min(...values))} to ${figure(Math.max(...values))}, last ${figure(values.at(-1) ?? 0)}`

function sayingTimes(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return 'nothing was measured'
  return `from ${tookOf(Math.min(...known))} to ${tookOf(Math.max(...known))}, last ${tookOf(known.at(-1) ?? null)}`
}

interface ChartProps {
  readonly name: string
  readonly value: string
  readonly isBad?: boolean
  readonly children?: Child
}

const Chart = ({ name, value, isBad, children }: ChartProps) => (
  <figure>
    <figcaption>
      <span>{name}</span>
      <b class={isBad ? 'bad-figure' : undefined}>{value}</b>
    </figcaption>
    {children}
  </figure>
)
