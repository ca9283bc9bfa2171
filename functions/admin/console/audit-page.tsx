import type { AuditItem } from '#lib/admin/schemas-audit.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Field } from './forms.tsx'
import { Mono, When } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

/** Empty fields admit all. */
export interface AuditFilter {
  readonly tenant: string | undefined
  readonly actor: string | undefined
  /** Of the fields for date and time: `2026-11-21T08:00`, in UTC. Without them it is the last seven days. */
  readonly since: string | undefined
  readonly until: string | undefined
}

export interface AuditPageProps {
  readonly items: readonly AuditItem[]
  readonly filter: AuditFilter
  /** Address of the page with older entries. */
  readonly older: string | undefined
  readonly now: EpochMs
}

const hues = {
  done: 'done',
  refused: 'retry',
  failed: 'dead',
  repeated: 'claimed',
  unknown: 'parked',
} as const

const meanings = {
  done: 'it was done',
  refused: 'nothing was done',
  failed: 'it ended with a fault',
  repeated: 'the answer of the first time was given again',
  unknown: 'it was begun, and nothing tells how it ended',
} as const

/** Who did what, and when. */
export const AuditPage = ({ items, filter, older, now }: AuditPageProps) => (
  <>
    <div class="head">
      <h1>Audit</h1>
    </div>
    <p class="lead">
      Who changed what, here, by the API and by the command line: of the last seven days, or of the times
      below.
    </p>
    <form
      class="filters"
      method="get"
      action="/console/audit"
      role="search"
      aria-label="Audit"
      data-submit-on-change
    >
      <Field name="actor" label="Who" value={filter.actor} placeholder="anyone" />
      <Field name="tenant" label="Tenant" value={filter.tenant} placeholder="all" />
      <Field name="since" type="datetime-local" label="Since (UTC)" value={filter.since} />
      <Field name="until" type="datetime-local" label="Until (UTC)" value={filter.until} />
      <button>Filter</button>
    </form>
    {items.length > 0 ? (
      <Table
        caption="Audit, the newest first"
        class="audit"
        columns={['Outcome', 'What', 'Who', 'Tenant', 'When']}
      >
        {items.map((entry) => (
          <AuditRow entry={entry} now={now} />
        ))}
      </Table>
    ) : (
      <div class="empty">
        <p>Nothing was done that this admits.</p>
        <p>
          <a href="/console/audit">Show everything</a>
        </p>
      </div>
    )}
    <p id="pages">{older && <a href={older}>Older entries</a>}</p>
  </>
)

const AuditRow = ({ entry, now }: { readonly entry: AuditItem; readonly now: EpochMs }) => {
  const target = Object.values(entry.target).join(' ')
  return (
    <Row>
      <Cell class="c-status">
        <span class={`status ${hues[entry.outcome]}`} title={meanings[entry.outcome]}>
          {entry.outcome}
        </span>
      </Cell>
      <Cell class="c-wide">
        <b>{entry.operation}</b> <span class="tag">{entry.via}</span>
        {target !== '' && (
          <div class="break">
            <Mono>{target}</Mono>
          </div>
        )}
        <div class="dim">
          {entry.status !== null && `answered ${entry.status}, `}request <Mono>{entry.requestId}</Mono>
        </div>
      </Cell>
      <Cell class="c-wide">
        {entry.actor} {entry.role && <span class="tag">{entry.role}</span>}
      </Cell>
      <Cell class="c-tenant">{entry.tenants.join(', ')}</Cell>
      <Cell class="c-wide">
        <When at={entry.at} now={now} />
      </Cell>
    </Row>
  )
}
