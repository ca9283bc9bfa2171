import type { BreakerItem } from '#lib/admin/schemas-traffic.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Confirm } from './forms.tsx'
import { Breaker, breakerState, figure } from './overview-parts.tsx'
import { Ago } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

interface BreakerTableProps {
  readonly items: readonly BreakerItem[]
  readonly mayReset: boolean
  readonly now: EpochMs
}

/** Breakers, those that are open first; the names alone of those of which there is nothing to tell. */
export const BreakerTable = ({ items, mayReset, now }: BreakerTableProps) => {
  const told = items.filter(isTold)
  const calm = items.filter((breaker) => !isTold(breaker))
  return (
    <>
      {told.length > 0 && (
        <Table
          caption="Breakers, those that are open first"
          class="breakers"
          columns={[
            'State',
            'Provider',
            { text: 'Failures lately', class: 'number' },
            'Last opened',
            'Next try',
            { text: 'Actions', isHidden: true },
          ]}
        >
          {told.toSorted(byState).map((breaker) => (
            <BreakerRow breaker={breaker} mayReset={mayReset} now={now} />
          ))}
        </Table>
      )}
      {calm.length > 0 && (
        <p class="calm">
          <span class="status done">closed</span> No failure lately, and never opened:{' '}
          {calm
            .map(({ id }) => id)
            .toSorted()
            .join(', ')}
          .
        </p>
      )}
    </>
  )
}

const isTold = ({ status, failures, openedAt }: BreakerItem): boolean =>
  status !== 'closed' || failures > 0 || openedAt !== null

const order = ['open', 'probing', 'closed'] as const
const byState = (a: BreakerItem, b: BreakerItem): number =>
  order.indexOf(a.status) - order.indexOf(b.status) || a.id.localeCompare(b.id)

interface BreakerRowProps {
  readonly breaker: BreakerItem
  readonly mayReset: boolean
  readonly now: EpochMs
}

const BreakerRow = ({ breaker, mayReset, now }: BreakerRowProps) => {
  const { id, status, openedAt, until, failures, successes, version } = breaker
  return (
    <Row>
      <Cell class="c-status">
        <Breaker state={breakerState(status)} />
      </Cell>
      <Cell class="c-event">
        <b>{id}</b>
      </Cell>
      <Cell class="number" label="Failures lately">
        {failures + successes === 0 ? (
          <span class="dim">–</span>
        ) : (
          `${figure(failures)} of ${figure(failures + successes)}`
        )}
      </Cell>
      <Cell class="c-figure" label="Last opened">
        {openedAt === null ? <span class="dim">never</span> : <Ago at={openedAt} now={now} />}
      </Cell>
      <Cell class="c-figure" label="Next try">
        {until === null ? <span class="dim">–</span> : <Ago at={until} now={now} />}
      </Cell>
      <Cell class="c-run">
        {mayReset && status !== 'closed' && (
          <Confirm
            id={`reset-${id}`}
            label="Reset"
            name={`Reset the breaker of ${id}`}
            question={`Reset the breaker of ${id}?`}
            doIt="Reset it"
            action={`/console/breakers/${encodeURIComponent(id)}/reset`}
            fields={version === null ? {} : { version }}
          >
            <p>Calls go through at once. If they still fail, it opens again.</p>
          </Confirm>
        )}
      </Cell>
    </Row>
  )
}
