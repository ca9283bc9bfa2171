import type { Child } from 'hono/jsx'
import type { BreakerItem, LimitItem } from '#lib/admin/schemas-traffic.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { BreakerTable } from './breaker-table.tsx'
import { connectionPath } from './connections-page.tsx'
import { Field } from './forms.tsx'
import { Ago, spanOf } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

export interface LimitsPageProps {
  readonly breakers: readonly BreakerItem[]
  readonly limits: readonly LimitItem[]
  /** Whose connections' limits are shown; without one those of whole deployments. */
  readonly tenant: string | undefined
  readonly more: string | undefined
  /** Whether who looks may reset a breaker. */
  readonly mayReset: boolean
  readonly notice: Child
  readonly now: EpochMs
}

/** What holds calls back. */
export const LimitsPage = ({ breakers, limits, tenant, more, mayReset, notice, now }: LimitsPageProps) => (
  <>
    <div class="head">
      <h1>Limits and breakers</h1>
    </div>
    {notice}
    <section aria-labelledby="breakers" class="first" data-live-id="breakers">
      <h2 id="breakers">Breakers</h2>
      <BreakerTable items={breakers} mayReset={mayReset} now={now} />
    </section>
    <section aria-labelledby="limits">
      <h2 id="limits">Rate limits</h2>
      <form
        class="filters"
        method="get"
        action="/console/limits"
        role="search"
        aria-label="Rate limits"
        data-submit-on-change
      >
        <Field name="tenant" label="Of a tenant's connections" value={tenant} placeholder="tenant" />
        <button>Show</button>
      </form>
      <div data-live-id="limits">
        {limits.length === 0 ? <NoLimits tenant={tenant} /> : <Limits limits={limits} now={now} />}
      </div>
      <p id="pages">{more && <a href={more}>More limits</a>}</p>
    </section>
  </>
)

const NoLimits = ({ tenant }: Pick<LimitsPageProps, 'tenant'>) => (
  <p class="calm dim">
    {tenant === undefined
      ? 'No provider limits the calls of a whole deployment.'
      : 'No connection of this tenant has a limit that is counted for all of its calls.'}
  </p>
)

const Limits = ({ limits, now }: Pick<LimitsPageProps, 'limits' | 'now'>) => (
  <Table
    caption="Rate limits, and when each lets the next call go"
    class="limits"
    columns={['Limit', 'Rule', 'Next call']}
  >
    {limits.map((limit) => (
      <LimitRow limit={limit} now={now} />
    ))}
  </Table>
)

const LimitRow = ({ limit, now }: { readonly limit: LimitItem; readonly now: EpochMs }) => {
  const { provider, tenant, connection, of, windows, blockedUntil } = limit
  const freeAt = latest([blockedUntil, ...windows.map((each) => each.freeAt)])
  return (
    <Row>
      <Cell class="c-event">
        <span class="dim">{provider}</span> <b>{of === '' ? 'every call' : plain(of)}</b>
        {connection !== null && tenant !== null && (
          <div class="break">
            <a class="mono" href={connectionPath({ id: connection, tenant })}>
              {connection}
            </a>
          </div>
        )}
        {blockedUntil !== null && (
          <span class="reason">
            The provider wants no call; it may be asked again <Ago at={blockedUntil} now={now} />.
          </span>
        )}
      </Cell>
      <Cell class="c-wide">{windows.map(ruleOf).join(', ')}</Cell>
      <Cell class="c-figure" label="Next call">
        {freeAt === undefined ? <span class="dim">free now</span> : <Ago at={freeAt} now={now} />}
      </Cell>
    </Row>
  )
}

/** Paths are declared as patterns; most of them stand for one path. */
const plain = (of: string): string => of.replaceAll('\\.', '.').replace(/\$$/, '')

const latest = (times: readonly (string | null)[]): string | undefined =>
  times
    .filter((at) => at !== null)
    .toSorted()
    .at(-1)

const units = new Map([
  [1_000, 'a second'],
  [60_000, 'a minute'],
  [3_600_000, 'an hour'],
  [86_400_000, 'a day'],
])

/** `5,000 an hour` */
const ruleOf = ({ limit, windowMs }: LimitItem['windows'][number]): string =>
  `${limit.toLocaleString('en')} ${units.get(windowMs) ?? `in ${spanOf(windowMs)}`}`
