import type { EpochMs } from '#lib/primitives/clock.ts'
import { Field } from './forms.tsx'
import { Mono, Select, When } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

/** Something that someone did, or tried to do. */
export interface AuditView {
  readonly id: string
  /** RFC 3339. */
  readonly at: string
  /** Who: a subject, or `admin token`. */
  readonly actor: string
  readonly role: string | null
  /** What, as the API names its operations: `deleteConnection`. */
  readonly action: string
  /** On what: an id. */
  readonly target: string | null
  readonly tenant: string | null
  /** `repeated`: the answer of the first time was given again. `unknown`: nothing tells how it ended. */
  readonly outcome: 'done' | 'refused' | 'failed' | 'repeated' | 'unknown'
  /** By which it is found in the log. */
  readonly requestId: string
  readonly detail: string | null
}

/** Empty fields admit all. */
export interface AuditFilter {
  readonly tenant: string | undefined
  readonly actor: string | undefined
  readonly action: string | undefined
  readonly outcome: string | undefined
}

export interface AuditPageProps {
  readonly items: readonly AuditView[]
  readonly filter: AuditFilter
  /** Address of the page with older entries. */
  readonly older: string | undefined
  readonly now: EpochMs
}

const outcomes = [
  ['', 'all'],
  ['done', 'done'],
  ['refused', 'refused'],
  ['failed', 'failed'],
  ['repeated', 'repeated'],
  ['unknown', 'unknown'],
] as const
const hues = {
  done: 'done',
  refused: 'retry',
  failed: 'dead',
  repeated: 'claimed',
  unknown: 'parked',
} as const

/** Who did what, and when. */
export const AuditPage = ({ items, filter, older, now }: AuditPageProps) => (
  <>
    <div class="head">
      <h1>Audit</h1>
    </div>
    <p class="lead">
      Who changed what, here, by the API and by the command line. Nothing can be taken out of it.
    </p>
    <form
      class="filters"
      method="get"
      action="/console/audit"
      role="search"
      aria-label="Audit"
      data-submit-on-change
    >
      <Select name="outcome" label="Outcome" value={filter.outcome} options={outcomes} />
      <Field name="actor" label="Who" value={filter.actor} placeholder="anyone" />
      <Field name="action" label="What" value={filter.action} placeholder="anything" />
      <Field name="tenant" label="Tenant" value={filter.tenant} placeholder="all" />
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

const AuditRow = ({ entry, now }: { readonly entry: AuditView; readonly now: EpochMs }) => (
  <Row>
    <Cell class="c-status">
      <span class={`status ${hues[entry.outcome]}`}>{entry.outcome}</span>
    </Cell>
    <Cell class="c-wide">
      <b>{entry.action}</b>
      {entry.target && (
        <div class="break">
          <Mono>{entry.target}</Mono>
        </div>
      )}
      {entry.detail && <div class="dim">{entry.detail}</div>}
      <div class="dim">
        request <Mono>{entry.requestId}</Mono>
      </div>
    </Cell>
    <Cell class="c-wide">
      {entry.actor} {entry.role && <span class="tag">{entry.role}</span>}
    </Cell>
    <Cell class="c-tenant">{entry.tenant}</Cell>
    <Cell class="c-wide">
      <When at={entry.at} now={now} />
    </Cell>
  </Row>
)
