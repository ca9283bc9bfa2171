import type { Child } from 'hono/jsx'
import type { ConnectionItem } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { ConnectionState, Evidence, Expiry } from './connection-parts.tsx'
import { Field } from './forms.tsx'
import { Mono, Select } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

/** `state` is a connection's state; empty fields admit all. */
export interface ConnectionFilter {
  readonly tenant: string | undefined
  readonly state: string | undefined
}

export interface ConnectionsPageProps {
  readonly items: readonly ConnectionItem[]
  readonly filter: ConnectionFilter
  readonly more: string | undefined
  readonly notice: Child
  readonly now: EpochMs
}

const states = [
  ['', 'all'],
  ['active', 'active'],
  ['needs_reauth', 'needs re-connecting'],
  ['pending', 'pending'],
  ['deleted', 'deleted'],
] as const

/** Whose accounts are connected, and whether they still answer. */
export const ConnectionsPage = ({ items, filter, more, notice, now }: ConnectionsPageProps) => (
  <>
    <div class="head">
      <h1>Connections</h1>
    </div>
    {notice}
    <form
      class="filters"
      method="get"
      action="/console/connections"
      role="search"
      aria-label="Connections"
      data-submit-on-change
    >
      <Select name="state" label="State" value={filter.state} options={states} />
      <Field name="tenant" label="Tenant" value={filter.tenant} placeholder="all" />
      <button>Filter</button>
    </form>
    <div data-live-id="connections">
      {items.length > 0 ? (
        <Table
          caption="Connections by tenant"
          class="connections"
          columns={['State', 'Account', 'Tenant', 'Evidence', 'Access ends']}
        >
          {items.map((connection) => (
            <ConnectionRow connection={connection} now={now} />
          ))}
        </Table>
      ) : (
        <Empty filter={filter} more={more} />
      )}
    </div>
    <p id="pages">{more && <a href={more}>More connections</a>}</p>
  </>
)

/** The address of a connection's own page. */
export const connectionPath = ({ id, tenant }: Pick<ConnectionItem, 'id' | 'tenant'>): string =>
  `/console/connections/${id}?tenant=${encodeURIComponent(tenant)}`

const ConnectionRow = ({
  connection,
  now,
}: {
  readonly connection: ConnectionItem
  readonly now: EpochMs
}) => (
  <Row>
    <Cell class="c-status">
      <ConnectionState status={connection.status} />
    </Cell>
    <Cell class="c-event">
      <a href={connectionPath(connection)}>
        <span class="dim">{connection.provider}</span> <b>{connection.account}</b>
      </a>
      {connection.kind === 'key' && (
        <span class="tag">key{connection.fingerprint && ` …${connection.fingerprint}`}</span>
      )}
    </Cell>
    <Cell class="c-tenant">{connection.tenant}</Cell>
    <Cell class="c-wide">
      <Evidence connection={connection} now={now} />
    </Cell>
    <Cell class="c-figure" label="end of access:">
      <Expiry connection={connection} now={now} />
    </Cell>
  </Row>
)

const Empty = ({ filter, more }: Pick<ConnectionsPageProps, 'filter' | 'more'>) =>
  more !== undefined || filter.tenant !== undefined || filter.state !== undefined ? (
    <div class="empty">
      <p>No connection matches{more !== undefined && ' so far'}.</p>
      <p>
        <a href="/console/connections">Show all connections</a>
      </p>
    </div>
  ) : (
    <div class="empty">
      <h2>Nothing is connected yet</h2>
      <p>
        A connect link lets someone grant access to an account of theirs:
        <code class="command">npx sluice connect sandbox --tenant acme</code>
      </p>
      <p class="dim">
        By the API it is <Mono>POST /api/connect-links</Mono>.
      </p>
    </div>
  )
